"""How fast the planning engine is, and whether a second, independent calculation gives the same orders to the unit.

    python bench/mrp_engine.py [--sizes 1000x1000 10000x10000]

Plants come from the shared generator (SHARED_DIR/bench/mrp/gen.py, or the folder `shared` beside the repository). The check below
works on plain dictionaries and integers and shares no code with the engine. Every size runs in a process of its own, so that
the peak memory is its own. Prints JSON.
"""

import argparse
import csv
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from production.mrp import SCALE, Bom, Events, Items, Plan, Plant, peg, plan  # noqa: E402

GENERATOR = Path(os.environ.get("SHARED_DIR") or Path(__file__).resolve().parents[2] / "shared") / "bench" / "mrp" / "gen.py"


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    return {name: read_rows(folder / f"{name}.csv") for name in ("items", "bom", "onhand", "demands")}


def build(tables: dict[str, list[dict[str, str]]]) -> Plant:
    """Fill the engine's arrays from the tables."""
    index = {row["item"]: position for position, row in enumerate(tables["items"])}

    def numbers(table: str, column: str, kind: type = np.int64) -> Any:
        return np.array([int(row[column]) for row in tables[table]], kind)

    def positions(table: str, column: str) -> Any:
        return np.array([index[row[column]] for row in tables[table]], np.int64)

    count = len(index)
    on_hand = np.zeros(count, np.int64)
    on_hand[positions("onhand", "item")] = numbers("onhand", "quantity")
    whole = np.full(count, SCALE, np.int64)
    return Plant(
        Items(
            list(index),
            lead_days=numbers("items", "lead_time_days", np.int32),
            lot_minimum=numbers("items", "lot_min") * SCALE,
            lot_multiple=numbers("items", "lot_multiple") * SCALE,
            cover_days=np.ones(count, np.int32),
            on_hand=on_hand * SCALE,
            safety_stock=numbers("items", "safety_stock") * SCALE,
            yield_rate=whole,
            rounding=whole,
        ),
        Bom(
            positions("bom", "parent"),
            positions("bom", "component"),
            numbers("bom", "qty_per") * SCALE,
            np.zeros(len(tables["bom"]), np.int64),
        ),
        Events(positions("demands", "item"), numbers("demands", "due_day", np.int32), numbers("demands", "quantity") * SCALE),
        Events(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64)),
    )


# --- the independent calculation ------------------------------------------------------------------------------------------


def orders_by_dictionaries(tables: dict[str, list[dict[str, str]]], earliest: float = -math.inf) -> list[tuple[str, int, int, int]]:
    """Plan item by item with dictionaries: (item, release day, due day, quantity), sorted; nothing is required before `earliest`."""
    below = defaultdict(list)
    above: dict[str, int] = defaultdict(int)
    for row in tables["bom"]:
        below[row["parent"]].append((row["component"], int(row["qty_per"])))
        above[row["component"]] += 1
    on_hand = {row["item"]: int(row["quantity"]) for row in tables["onhand"]}
    needs: dict[str, dict[float, int]] = defaultdict(lambda: defaultdict(int))
    for row in tables["demands"]:
        needs[row["item"]][int(row["due_day"])] += int(row["quantity"])
    facts = {row["item"]: row for row in tables["items"]}
    ready = [item for item in facts if not above[item]]
    orders = []
    while ready:
        item = ready.pop()
        row, stock = facts[item], on_hand.get(item, 0)
        lead, least = int(row["lead_time_days"]), int(row["lot_min"])
        pack, safety = int(row["lot_multiple"]), int(row["safety_stock"])
        for day in sorted(needs[item]):
            stock -= needs[item][day]
            if stock < safety:
                lot = max(least, -(-(safety - stock) // pack) * pack)
                stock += lot
                orders.append((item, day - lead, day, lot))
                for component, quantity in below[item]:
                    needs[component][max(day - lead, earliest)] += lot * quantity
        for component, _ in below[item]:
            above[component] -= 1
            if not above[component]:
                ready.append(component)
    return sorted(orders)


def orders_of(plant: Plant, planned: Plan) -> list[tuple[str, int, int, int]]:
    orders = planned.orders
    codes = [plant.items.codes[item] for item in orders.item.tolist()]
    whole, rest = np.divmod(orders.quantity, SCALE)
    assert not rest.any()
    return sorted(zip(codes, orders.release_day.tolist(), orders.due_day.tolist(), whole.tolist(), strict=True))


# --- measuring ------------------------------------------------------------------------------------------------------------


def measure(folder: Path) -> dict[str, Any]:
    """Read, plan, peg and check one plant."""
    times = [time.perf_counter()]
    tables = read_tables(folder)
    plant = build(tables)
    times.append(time.perf_counter())
    planned = plan(plant, first_day=0, not_before_first_day=False)
    times.append(time.perf_counter())
    pegging = peg(plant, planned)
    times.append(time.perf_counter())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    served = np.zeros(len(planned.requirements), np.int64)
    real = pegging.requirement >= 0
    np.add.at(served, pegging.requirement[real], pegging.quantity[real])
    equal = orders_of(plant, planned) == orders_by_dictionaries(tables)
    read, compute, pegged = (round(after - before, 4) for before, after in zip(times, times[1:], strict=False))
    return {
        "items": len(plant.items),
        "demands": len(plant.demands.item),
        "orders": len(planned.orders),
        "past_due_orders": int(planned.orders.past_due.sum()),
        "requirements": len(planned.requirements),
        "pegging_rows": len(pegging),
        "read_seconds": read,
        "compute_seconds": compute,
        "pegging_seconds": pegged,
        "peak_memory_mb": round(peak, 1),
        "equal_to_dictionaries": equal,
        "every_requirement_is_served": bool((served == planned.requirements.quantity).all()),
    }


def run_size(size: str, scratch: Path) -> dict[str, Any]:
    items, demands = size.split("x")
    folder = scratch / size
    command = [sys.executable, str(GENERATOR), "--items", items, "--demands", demands, "--out", str(folder)]
    subprocess.run(command, check=True)
    answer = subprocess.run([sys.executable, __file__, "--folder", str(folder)], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["1000x1000", "10000x10000"], help="items x demands")
    parser.add_argument("--folder", type=Path, help="measure a plant that is there already")
    chosen = parser.parse_args()
    if chosen.folder:
        print(json.dumps(measure(chosen.folder)))
        return 0
    if not GENERATOR.is_file():
        print(f"the plant generator is not at {GENERATOR}; set SHARED_DIR", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        results = {size: run_size(size, Path(scratch)) for size in chosen.sizes}
    print(json.dumps(results, indent=2))
    return 0 if all(result["equal_to_dictionaries"] for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
