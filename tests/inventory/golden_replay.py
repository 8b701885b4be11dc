"""Replays the documents of a worked example through the valuation methods, the way the stock ledger does.

The examples are JSON files in plain business words (golden README). This is the adapter between them and
`inventory.valuation`: it keeps the pools, refuses what would make stock negative, and books the accounts.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from inventory.valuation import (
    Fifo,
    Holding,
    Method,
    MonthAverage,
    MovingAverage,
    Pool,
    Specific,
    Standard,
    current_value,
    month_end_differences,
    return_value,
    transfer,
)
from tests.inventory.golden_documents import ZERO, Line, amount_of, lines_of, number

NOTHING = Holding(ZERO, ZERO)

METHODS = {
    "moving_average": MovingAverage,
    "fifo": Fifo,
    "month_end_average": MonthAverage,
    "batch": Specific,
    "standard": Standard,
}
DEFAULT_POLICY: dict[str, Any] = {
    "unit_cost_dp": None,
    "purchase_return": "current",
    "inbound_return": "original",
    "order": "entry",
    "valuation_level": "company",
    "month_average_residual": "ratio",
}
PoolKey = tuple[str, str, str]


@dataclass
class Original:
    """What a receipt or an issue was booked at, and what of it came back already (per batch)."""

    line: Line
    booked: dict[str, Holding] = field(default_factory=dict)
    returned: dict[str, Holding] = field(default_factory=dict)
    corrections: Decimal = ZERO

    def quantity(self) -> Decimal:
        return sum((held.quantity for held in self.booked.values()), ZERO)


@dataclass
class Month:
    """Receipts and issues of one month in one pool, for the monthly average."""

    opening: Holding
    receipts: list[Holding] = field(default_factory=list)
    issues: list[tuple[str, str, Holding]] = field(default_factory=list)


class Replay:
    """One example, one method, one set of policies."""

    def __init__(self, inputs: dict[str, Any], policy: dict[str, Any] | None = None) -> None:
        self.policy = {**DEFAULT_POLICY, **(policy or {})}
        self.inputs = inputs
        self.code = inputs["method"]
        self.method = self._method()
        self.standard = {item: number(cost) for item, cost in inputs.get("standard_cost", {}).items()}
        self.pools: dict[PoolKey, Pool] = {}
        self.originals: dict[str, Original] = {}
        self.docs: dict[str, dict[str, Decimal]] = {}
        self.ledger: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self.rejected: set[str] = set()
        self.running: dict[PoolKey, list[tuple[str, int, Decimal]]] = defaultdict(list)
        self.returned: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self.months: dict[PoolKey, Month] = {}
        self.month_average: dict[str, Decimal] = {}
        self.month_end: dict[str, dict[str, Holding]] = {}

    def _method(self) -> Method:
        if self.code == "standard":
            return Standard()
        if self.code == "month_end_average":
            return MonthAverage()
        return METHODS[self.code](unit_cost_places=self.policy["unit_cost_dp"])

    # --- the whole stream -------------------------------------------------------------------------------------------

    def run(self) -> "Replay":
        self._open()
        accepted = [line for line in self._by_document() if line.number not in self.rejected]
        if self.policy["order"] == "chronological":
            accepted.sort(key=lambda line: (line.date, line.sequence))
        month = ""
        for line in accepted:
            if self.policy["order"] == "chronological" and month and line.date[:7] != month:
                self._end_month(month)
            month = max(month, line.date[:7])
            getattr(self, "_" + line.kind)(line)
        if month:
            self._end_month(month)
        return self

    def _open(self) -> None:
        for held in self.inputs.get("opening", []):
            line = Line(held.get("no", "OPEN"), "OPEN", "opening", "", held["item"], held)
            value = amount_of(held)
            self._note_quantity(line, line.warehouse(), held.get("batch", ""), number(held["qty"]))
            pool = self._pool(line, line.warehouse(), held.get("batch", ""))
            flow = self.method.take_in(pool, number(held["qty"]), value, receipt_ref=line.ref)
            self._book({"INVENTORY": flow.stock_value, "OPENING": -flow.stock_value})
        self._start_months()

    # --- what is refused --------------------------------------------------------------------------------------------

    def _by_document(self) -> list[Line]:
        """Check documents in entry order; a document with one line that can't be is refused as a whole."""
        accepted: list[Line] = []
        for document in self.inputs["docs"]:
            lines = list(lines_of([document]))
            for position, line in enumerate(lines, start=1):
                line.sequence = len(accepted) + position
            self._check(document["no"], lines)
            accepted.extend(lines)
        return accepted

    def _check(self, document: str, lines: list[Line]) -> None:
        noted: list[tuple[PoolKey, tuple[str, int, Decimal]]] = []
        for line in lines:
            if self._returns_too_much(line):
                self.rejected.add(document)
            for warehouse, batch, quantity in self._movements(line):
                noted.append(self._note_quantity(line, warehouse, batch, quantity))
        if document not in self.rejected and any(self._goes_below_zero(key) for key, _ in noted):
            self.rejected.add(document)
        if document in self.rejected:
            for key, entry in noted:
                self.running[key].remove(entry)
            return
        for line in lines:
            if line.kind.endswith("_return") and "ref" in line.facts:
                self.returned[line.facts["ref"], ""] += number(line.facts["qty"])

    def _movements(self, line: Line) -> Iterator[tuple[str, str, Decimal]]:
        signs = {"receipt": 1, "inbound_return": 1, "issue": -1, "purchase_return": -1}
        if line.kind == "count":
            yield line.warehouse(), line.facts.get("batch", ""), number(line.facts["counted"]) - number(line.facts["book"])
        elif line.kind == "transfer":
            for batch, quantity in line.parts(self.code == "batch"):
                yield line.warehouse("from"), batch, -quantity
                yield line.warehouse("to"), batch, quantity
        elif line.kind in signs:
            for batch, quantity in line.parts(self.code == "batch"):
                yield line.warehouse(), batch, signs[line.kind] * quantity

    def _note_quantity(self, line: Line, warehouse: str, batch: str, quantity: Decimal) -> Any:
        key = (line.item, warehouse, batch if self.code == "batch" else "")
        entry = (line.date, line.sequence, quantity)
        self.running[key].append(entry)
        return key, entry

    def _goes_below_zero(self, key: PoolKey) -> bool:
        running = ZERO
        for _, _, quantity in sorted(self.running[key], key=lambda entry: entry[:2]):
            running += quantity
            if running < 0:
                return True
        return False

    def _returns_too_much(self, line: Line) -> bool:
        if not line.kind.endswith("_return") or "ref" not in line.facts:
            return False
        original = next((o for o in lines_of(self.inputs["docs"]) if o.ref == line.facts["ref"]), None)
        if original is None or original.number in self.rejected:
            return True
        return self.returned[line.facts["ref"], ""] + number(line.facts["qty"]) > number(original.facts["qty"])

    # --- bookkeeping ------------------------------------------------------------------------------------------------

    def _pool(self, line: Line, warehouse: str, batch: str) -> Pool:
        by_warehouse = self.policy["valuation_level"] == "warehouse"
        key = (line.item, warehouse if by_warehouse else "", batch if self.code == "batch" else "")
        if key not in self.pools:
            self.pools[key] = Pool(ZERO, ZERO, ZERO, self.standard.get(line.item, ZERO))
            self.months[key] = Month(NOTHING)
        return self.pools[key]

    def _month(self, pool: Pool) -> Month:
        return next(self.months[key] for key, one in self.pools.items() if one is pool)

    def _book(self, amounts: dict[str, Decimal]) -> None:
        for account, amount in amounts.items():
            self.ledger[account] += amount

    def _by_cost_of_document(self) -> bool:
        """At standard cost and at the month's average the examples don't look back: returns stand at the present cost."""
        return self.code not in ("standard", "month_end_average")

    def _difference_account(self) -> str:
        return "PPV" if self.code == "standard" else "PRICE_DIFF"

    def _answer(self, line: Line, amount: Decimal, difference: Decimal | None = None, **more: Decimal) -> None:
        facts = self.docs.setdefault(line.ref, defaultdict(lambda: ZERO))
        facts["amount"] += amount
        if difference is not None:
            facts["ppv" if self.code == "standard" else "price_diff"] += difference
        for name, value in more.items():
            facts[name] += value

    def _keep(self, pool: Pool, line: Line, quantity: Decimal, value: Decimal, account: str = "") -> None:
        """Remember a receipt (no account) or an issue for the month end."""
        if account:
            self._month(pool).issues.append((line.ref, account, Holding(quantity, value)))
        else:
            self._month(pool).receipts.append(Holding(quantity, value))

    # --- documents --------------------------------------------------------------------------------------------------

    def _receipt(self, line: Line) -> None:
        quantity, value = number(line.facts["qty"]), amount_of(line.facts)
        ((batch, _),) = line.parts(self.code == "batch")
        pool = self._pool(line, line.warehouse(), batch)
        flow = self.method.take_in(pool, quantity, value, receipt_ref=line.ref)
        self.originals[line.ref] = Original(line, {batch: Holding(quantity, value)})
        self._keep(pool, line, quantity, flow.stock_value)
        account = line.facts.get("account", "GRIR")
        self._book({"INVENTORY": flow.stock_value, account: -value})
        if self.code == "standard":
            self._book({"PPV": flow.variance})
        self._answer(line, flow.stock_value, flow.variance if self.code == "standard" else None)

    def _issue(self, line: Line) -> None:
        original = self.originals[line.ref] = Original(line)
        account = line.facts.get("account", "CONSUMPTION")
        for batch, quantity in line.parts(self.code == "batch"):
            pool = self._pool(line, line.warehouse(), batch)
            cost = self.method.take_out(pool, quantity)
            original.booked[batch] = Holding(quantity, cost)
            self._keep(pool, line, quantity, cost, account)
            self._book({"INVENTORY": -cost, account: cost})
            self._answer(line, -cost)

    def _inbound_return(self, line: Line) -> None:
        original = self.originals.get(line.facts.get("ref", ""))
        account = line.facts.get("account", "CONSUMPTION")
        if original and self._by_cost_of_document():
            account = original.line.facts.get("account", account)
        for batch, quantity in line.parts(self.code == "batch"):
            pool = self._pool(line, line.warehouse(), batch)
            value = self._value_of_return(pool, original, batch, quantity)
            flow = self.method.take_in(pool, quantity, value, receipt_ref=line.ref)
            self._keep(pool, line, -quantity, -flow.stock_value, account)
            self._book({"INVENTORY": flow.stock_value, account: -flow.stock_value})
            self._answer(line, flow.stock_value)

    def _value_of_return(self, pool: Pool, original: Original | None, batch: str, quantity: Decimal) -> Decimal:
        if original is None or self.policy["inbound_return"] == "current" or self.code == "standard":
            return current_value(pool, quantity)
        key = batch if batch in original.booked else next(iter(original.booked))
        before = original.returned.get(key, NOTHING)
        value = return_value(original.booked[key], before, quantity)
        original.returned[key] = Holding(before.quantity + quantity, before.value + value)
        return value

    def _purchase_return(self, line: Line) -> None:
        original = self.originals[line.facts["ref"]]
        for batch, quantity in line.parts(self.code == "batch"):
            pool = self._pool(line, line.warehouse(), batch)
            (received,) = original.booked.values()
            before = original.returned.get("", NOTHING)
            price = received.value + (original.corrections if self._by_cost_of_document() else ZERO)
            credit = return_value(Holding(received.quantity, price), before, quantity)
            original.returned[""] = Holding(before.quantity + quantity, before.value + credit)
            if self.policy["purchase_return"] == "original":
                cost = self.method.take_out_exact(pool, quantity, credit, receipt_ref=original.line.ref).stock_value
            else:
                cost = self.method.take_out(pool, quantity)
            self._keep(pool, line, quantity, cost, self._difference_account())
            difference = cost - credit
            self._book({"INVENTORY": -cost, "GRIR": credit, self._difference_account(): difference})
            self._answer(line, -cost, difference, supplier_credit=credit)

    def _transfer(self, line: Line) -> None:
        for batch, quantity in line.parts(self.code == "batch"):
            source = self._pool(line, line.warehouse("from"), batch)
            target = self._pool(line, line.warehouse("to"), batch)
            moved = ZERO
            if source is not target:
                moved = transfer(self.method, source, target, quantity, receipt_ref=line.ref).stock_value
            self._answer(line, moved)

    def _count(self, line: Line) -> None:
        difference = number(line.facts["counted"]) - number(line.facts["book"])
        pool = self._pool(line, line.warehouse(), line.facts.get("batch", ""))
        if difference < 0:
            cost = self.method.take_out(pool, -difference)
            self._keep(pool, line, -difference, cost, "COUNT_LOSS")
            self._book({"INVENTORY": -cost, "COUNT_LOSS": cost})
            self._answer(line, -cost)
        elif difference > 0:
            if pool.quantity == 0 and "unit_cost" in line.facts:
                pool.last_cost = number(line.facts["unit_cost"])
            value = current_value(pool, difference)
            flow = self.method.take_in(pool, difference, value, receipt_ref=line.ref)
            self._keep(pool, line, -difference, -flow.stock_value, "COUNT_GAIN")
            self._book({"INVENTORY": flow.stock_value, "COUNT_GAIN": -flow.stock_value})
            self._answer(line, flow.stock_value)
        else:
            self._answer(line, ZERO)

    def _value_adjust(self, line: Line) -> None:
        original = self.originals[line.facts["ref"]]
        amount = number(line.facts["amount"])
        ((batch, received),) = original.booked.items()
        pool = self._pool(original.line, original.line.warehouse(), batch)
        split = self.method.adjust(pool, amount, received.quantity, receipt_ref=original.line.ref)
        original.corrections += amount
        month = self._month(pool)
        month.receipts.append(Holding(ZERO, amount))
        if split.expensed_part:
            month.issues.append((line.ref, self._difference_account(), Holding(ZERO, split.expensed_part)))
        self._book({"INVENTORY": split.stock_part, "GRIR": -amount, self._difference_account(): split.expensed_part})
        self._answer(line, split.stock_part, split.expensed_part)

    def _std_change(self, line: Line) -> None:
        self.standard[line.item] = number(line.facts["new_standard"])
        for (item, _, _), pool in self.pools.items():
            if isinstance(self.method, Standard) and item == line.item:
                change = self.method.revalue(pool, self.standard[line.item])
                self._book({"INVENTORY": change, "REVALUATION": -change})
                self._answer(line, change)

    # --- month end --------------------------------------------------------------------------------------------------

    def _start_months(self) -> None:
        for key, pool in self.pools.items():
            self.months[key] = Month(Holding(pool.quantity, pool.value))

    def _end_month(self, name: str) -> None:
        if self.code == "month_end_average":
            for key, month in self.months.items():
                self._even_out(name, key, month)
        self._start_months()
        self.month_end[name] = self.items()

    def _even_out(self, name: str, key: PoolKey, month: Month) -> None:
        places = self.policy["unit_cost_dp"]
        end = month_end_differences(
            month.opening,
            month.receipts,
            [held for _, _, held in month.issues],
            residual=self.policy["month_average_residual"],
            **({} if places is None else {"unit_cost_places": places}),
        )
        pool = self.pools[key]
        for (ref, account, _), difference in zip(month.issues, end.differences, strict=True):
            pool.value -= difference
            self._book({"INVENTORY": -difference, account: difference})
            self.docs[ref]["amount"] -= difference
        assert (pool.quantity, pool.value) == (end.closing.quantity, end.closing.value)
        if pool.quantity:
            pool.last_cost = end.average
        self.month_average[f"{key[0]}|{name}"] = end.average

    # --- answers ----------------------------------------------------------------------------------------------------

    def items(self) -> dict[str, Holding]:
        answer: dict[str, Holding] = {}
        for (item, _, _), pool in self.pools.items():
            held = answer.get(item, NOTHING)
            answer[item] = Holding(held.quantity + pool.quantity, held.value + pool.value)
        return answer

    def warehouse_quantities(self) -> dict[str, Decimal]:
        answer: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for (item, warehouse, _), entries in self.running.items():
            answer[f"{item}@{warehouse}"] += sum((quantity for _, _, quantity in entries), ZERO)
        return answer
