"""Material planning as the product runs it: from the database, through the engine, back into the database with its pegging.

    python bench/mrp_service.py [--sizes 1000x1000 10000x10000]

DATABASE_URL names the server and a database beside which a scratch one is made (and removed); without it SQLite in a temporary
folder is used. Plants come from the shared generator (SHARED_DIR/bench/mrp/gen.py). Reading, computing and writing are timed
apart, in a process of its own; the proposals in the database are then compared with an independent calculation. Prints JSON.
"""

import argparse
import csv
import datetime as dt
import json
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")

from bench.mrp_engine import GENERATOR, orders_by_dictionaries, read_tables  # noqa: E402

START = dt.date(2026, 1, 5)
HORIZON = 3650


# ---- loading a plant into the database -----------------------------------------------------------------------------------


def load(folder: Path) -> None:
    """Fill a fresh database with a plant: items, bills of materials, stock and demands."""
    from core.columns import insert_columns
    from core.db import durable
    from core.models import Company, User
    from inventory.models import Bin, Demand, StockBalance, Warehouse
    from masterdata.models import Item, ItemCategory, Unit
    from production.models import Bom, BomLine

    @durable
    def fill() -> None:
        company = Company.objects.create(code="PLANT", name="工厂", start_date=START)
        User.objects.create_user("planner", password=None)
        unit = Unit.objects.create(company=company, code="PCS", name="件")
        category = ItemCategory.objects.create(company=company, code="raw", name="物料")
        store = Warehouse.objects.create(company=company, code="MAIN", name="主仓")
        shelf = Bin.objects.create(company=company, warehouse=store, code="A", is_default=True)
        tables = read_tables(folder)
        items = Item.objects.bulk_create(
            [
                Item(
                    company=company,
                    code=row["item"],
                    name=row["item"],
                    unit=unit,
                    category=category,
                    supply_type=Item.Supply.MANUFACTURED if row["type"] == "make" else Item.Supply.PURCHASED,
                    lead_time_days=int(row["lead_time_days"]),
                    lot_sizing=Item.LotSizing.MIN_MULTIPLE,
                    lot_size=Decimal(row["lot_multiple"]),
                    min_order_quantity=Decimal(row["lot_min"]),
                    safety_stock=Decimal(row["safety_stock"]),
                )
                for row in tables["items"]
            ],
            batch_size=1000,
        )
        ids = {item.code: item.pk for item in items}
        parents = list(dict.fromkeys(row["parent"] for row in tables["bom"]))
        boms = Bom.objects.bulk_create([Bom(company=company, item_id=ids[code], valid_from=START) for code in parents], batch_size=1000)
        by_parent = {code: bom.pk for code, bom in zip(parents, boms, strict=True)}
        lines = tables["bom"]
        insert_columns(
            BomLine,
            {
                "bom_id": [by_parent[row["parent"]] for row in lines],
                "line_no": _numbered([row["parent"] for row in lines]),
                "component_id": [ids[row["component"]] for row in lines],
                "quantity": [int(row["qty_per"]) * 10**6 for row in lines],
                "scrap_percent": [0] * len(lines),
                "operation_no": [None] * len(lines),
            },
        )
        stock = [row for row in tables["onhand"] if int(row["quantity"])]
        StockBalance.objects.bulk_create(
            [
                StockBalance(company=company, item_id=ids[row["item"]], warehouse=store, bin=shelf, on_hand=Decimal(row["quantity"]))
                for row in stock
            ],
            batch_size=1000,
        )
        demands = tables["demands"]
        insert_columns(
            Demand,
            {
                "company_id": [company.pk] * len(demands),
                "origin_kind": ["sales_order"] * len(demands),
                "origin_number": [row["demand"] for row in demands],
                "origin_line": [1] * len(demands),
                "item_id": [ids[row["item"]] for row in demands],
                "due_date": [dt.date.fromisoformat(row["due_date"]) for row in demands],
                "quantity": [int(row["quantity"]) * 10**6 for row in demands],
                "done": [0] * len(demands),
                "is_open": [True] * len(demands),
            },
        )

    fill()


def _numbered(parents: list[str]) -> list[int]:
    count: dict[str, int] = {}
    numbers = []
    for parent in parents:
        count[parent] = count.get(parent, 0) + 1
        numbers.append(count[parent])
    return numbers


# ---- measuring -----------------------------------------------------------------------------------------------------------


def measure() -> dict[str, Any]:
    """Plan the loaded plant, the second time with the first plan to be replaced; time reading, computing and writing."""
    from django.db import connection

    from core.models import Company, User
    from production.planning import run_mrp

    company, planner = Company.objects.get(code="PLANT"), User.objects.get(username="planner")
    statements = [0]
    marks: list[float] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements[0] += 1
        return execute(sql, params, many, context)

    def mark(percent: int, line: str = "") -> None:
        marks.append(time.perf_counter())

    def once() -> dict[str, Any]:
        marks.clear()
        statements[0] = 0
        cpu = time.process_time()
        with connection.execute_wrapper(count):
            run = run_mrp(company=company, by=planner, at=dt.datetime.now(dt.UTC), plan_date=START, horizon_days=HORIZON, progress=mark)
        done = time.perf_counter()
        read, compute, write = (after - before for before, after in zip(marks[:3], marks[1:4], strict=True))
        return {
            "read_seconds": round(read, 3),
            "compute_and_peg_seconds": round(compute, 3),
            "write_seconds": round(write, 3),
            "commit_seconds": round(done - marks[-1], 3),
            "cpu_seconds": round(time.process_time() - cpu, 3),
            "statements": statements[0],
            "proposals": run.proposals_count,
            "messages": len(run.exceptions),
        }

    first, second = once(), once()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first_run": first, "second_run": second, "peak_memory_mb": round(peak, 1)}


def compare(folder: Path) -> dict[str, Any]:
    """Compare the open proposals with the independent calculation, and their pegs with the proposals' quantities."""
    from inventory.models import Proposal, ProposalPeg

    rows = Proposal.objects.filter(state=Proposal.State.OPEN).values_list("item__code", "start_date", "due_date", "quantity")
    orders = sorted((code, (start - START).days, (due - START).days, int(quantity)) for code, start, due, quantity in rows.iterator())
    with (folder / "items.csv").open(newline="", encoding="utf-8") as file:
        lead = {row["item"]: int(row["lead_time_days"]) for row in csv.DictReader(file)}
    assert all(due - start == lead[code] for code, start, due, _quantity in orders)
    pegged = ProposalPeg.objects.filter(proposal__state=Proposal.State.OPEN)
    return {
        "equal_to_dictionaries": orders == orders_by_dictionaries(read_tables(folder), earliest=0),
        "pegs": pegged.count(),
        "pegs_to_demands": pegged.filter(demand__isnull=False).count(),
    }


# ---- a scratch database for each size ------------------------------------------------------------------------------------


def run_size(size: str, scratch: Path, server: str) -> dict[str, Any]:
    """Generate, load, measure and compare one plant in a database of its own."""
    items, demands = size.split("x")
    folder = scratch / size
    subprocess.run([sys.executable, str(GENERATOR), "--items", items, "--demands", demands, "--out", str(folder)], check=True)
    url = _fresh_database(server, scratch, size)
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(scratch), "SECRET_KEY": secrets.token_urlsafe(40)}
    try:
        subprocess.run([sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"], check=True, env=env)
        answers = {}
        for step in ("load", "measure", "compare"):
            command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
            answers |= json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout or "{}")
        return {"database": urlsplit(url).scheme, "items": int(items), "demands": int(demands), **answers}
    finally:
        _remove(url)


def _fresh_database(server: str, scratch: Path, size: str) -> str:
    if not server:
        return f"sqlite:///{scratch / f'{size}.sqlite3'}"
    parts = urlsplit(server)
    url = urlunsplit(parts._replace(path=f"{parts.path}_mrp_{size}"))
    _remove(url)
    subprocess.run([sys.executable, str(ROOT / "tools" / "postgres.py"), url], check=True, stdout=sys.stderr)
    return url


def _remove(url: str) -> None:
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres"):
        return
    import psycopg

    with psycopg.connect(urlunsplit(parts._replace(path="/postgres", scheme="postgresql")), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{parts.path.strip("/")}"')


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["1000x1000", "10000x10000"], help="items x demands")
    parser.add_argument("--step", choices=["load", "measure", "compare"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        import django

        django.setup()
        answer = {"load": lambda: load(chosen.folder), "measure": measure, "compare": lambda: compare(chosen.folder)}[chosen.step]()
        print(json.dumps(answer or {}))
        return 0
    if not GENERATOR.is_file():
        print(f"the plant generator is not at {GENERATOR}; set SHARED_DIR", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        results = {size: run_size(size, Path(scratch), os.environ.get("DATABASE_URL", "")) for size in chosen.sizes}
    print(json.dumps(results, indent=2))
    return 0 if all(result["equal_to_dictionaries"] for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
