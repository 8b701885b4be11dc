"""Writing vouchers: the only code that writes vouchers, their lines and account balances.

A voucher is written as a draft, in bulk, and sealed at the very end of the posting transaction: number, state, chain link.
The database refuses to seal one that does not balance, and any later change (P1, P8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core import bulk, numbering
from core.decimals import ZERO
from core.errors import BusinessError, InvalidInput
from core.models import State
from core.posting import PostingTransaction
from finance.models import Account, AccountBalance, Voucher, VoucherLine, VoucherSource
from masterdata.dimensions import NONE, Dimensions

WORD = "记"


class Unbalanced(BusinessError):
    """Debit and credit of a voucher differ; nothing is written."""

    code = "unbalanced"
    status = 400
    text = _("The voucher does not balance: debit {debit}, credit {credit}, difference {difference}.")
    hint = _("Correct the amounts, then save again.")


@dataclass(frozen=True, slots=True)
class Source:
    """The document line (and stock move) an amount comes from; debit positive, credit negative."""

    line: int
    amount: Decimal
    move_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A debit or a credit on an account; negative means red."""

    account: Account
    amount: Decimal
    is_debit: bool
    summary: str
    dimensions: Dimensions = NONE
    sources: tuple[Source, ...] = ()


def merge(entries: Sequence[Entry]) -> list[Entry]:
    """Add up entries of the same account, side, dimensions and summary; their sources are kept. What nets to zero is dropped."""
    merged: dict[tuple[int, bool, Dimensions, str], Entry] = {}
    for entry in entries:
        key = (entry.account.pk, entry.is_debit, entry.dimensions, entry.summary)
        known = merged.get(key)
        merged[key] = entry if known is None else replace(known, amount=known.amount + entry.amount, sources=known.sources + entry.sources)
    kept = [entry for entry in merged.values() if entry.amount or entry.sources]
    return sorted(kept, key=lambda entry: not entry.is_debit)


def write(
    transaction: PostingTransaction,
    entries: Sequence[Entry],
    *,
    origin_kind: str,
    origin_number: str,
    source: str = Voucher.Source.DOCUMENT,
    is_closing_entry: bool = False,
    reversal_of: Voucher | None = None,
    as_they_are: bool = False,
) -> Voucher | None:
    """Write an automatic voucher within a posting; it is numbered and sealed when the posting ends.

    Args:
        as_they_are: keep every entry as a line of its own, even those that would add up to one.

    Returns:
        the voucher, or None where there is nothing to book.

    Raises:
        Unbalanced: debit and credit differ (an error of the caller; the database would refuse it too).
    """
    lines = list(entries) if as_they_are else merge(entries)
    if not lines:
        return None
    total = balanced_total(lines)
    voucher = Voucher(
        company=transaction.company,
        period=transaction.period,
        date=transaction.date,
        source=source,
        origin_kind=origin_kind,
        origin_number=origin_number,
        is_closing_entry=is_closing_entry,
        reversal_of=reversal_of,
        total=total,
        attachments_count=1 if source == Voucher.Source.DOCUMENT else 0,
        prepared_by=transaction.by,
        prepared_at=transaction.at,
    )
    bulk.insert([voucher])
    rows = write_lines(voucher, lines, even_if_blocked=reversal_of is not None or source == Voucher.Source.CLOSING)
    book(transaction, voucher, rows)
    return voucher


def balanced_total(lines: Sequence[Entry]) -> Decimal:
    """The debit total of entries that balance.

    Raises:
        Unbalanced: they don't.
    """
    debit = sum((line.amount for line in lines if line.is_debit), ZERO)
    credit = sum((line.amount for line in lines if not line.is_debit), ZERO)
    if debit != credit:
        raise Unbalanced(debit=debit, credit=credit, difference=debit - credit)
    return debit


def write_lines(voucher: Voucher, lines: Sequence[Entry], *, even_if_blocked: bool = False) -> list[VoucherLine]:
    """Write the lines of a draft voucher with their sources.

    Args:
        even_if_blocked: a blocked account still takes what undoes an entry or carries its balance on.

    Raises:
        InvalidInput: an account takes no entries.
    """
    rows = []
    for number, entry in enumerate(lines, start=1):
        if not entry.account.is_leaf or (entry.account.is_blocked and not even_if_blocked):
            raise InvalidInput(
                "not_a_leaf",
                _("{account} takes no entries; choose one of its sub-accounts."),
                field=f"lines[{number - 1}].account",
                account=str(entry.account),
            )
        rows.append(
            VoucherLine(
                voucher=voucher,
                line_no=number,
                summary=entry.summary,
                account=entry.account,
                debit=entry.amount if entry.is_debit else ZERO,
                credit=ZERO if entry.is_debit else entry.amount,
                customer_id=entry.dimensions.customer_id,
                supplier_id=entry.dimensions.supplier_id,
                department_id=entry.dimensions.department_id,
                employee_id=entry.dimensions.employee_id,
                work_order=entry.dimensions.work_order,
                project=entry.dimensions.project,
            )
        )
    bulk.insert(rows)
    sources = [
        VoucherSource(line=row, origin_line=source.line, move_id=source.move_id, amount=source.amount)
        for row, entry in zip(rows, lines, strict=True)
        for source in entry.sources
    ]
    bulk.insert(sources)
    return rows


def book(transaction: PostingTransaction, voucher: Voucher, rows: Sequence[VoucherLine]) -> None:
    """Add a voucher's lines to the balances and have it sealed at the end of the posting."""
    bulk.insert(
        [
            AccountBalance(
                company_id=voucher.company_id,
                period_id=voucher.period_id,
                account_id=row.account_id,
                customer_id=row.customer_id,
                supplier_id=row.supplier_id,
                department_id=row.department_id,
                employee_id=row.employee_id,
                work_order=row.work_order,
                project=row.project,
                is_closing_entry=voucher.is_closing_entry,
                is_opening=voucher.source == Voucher.Source.OPENING,
                debit=row.debit,
                credit=row.credit,
            )
            for row in rows
        ]
    )
    transaction.seal_at_end(lambda: _seal(transaction, voucher, rows))


def _seal(transaction: PostingTransaction, voucher: Voucher, rows: Sequence[VoucherLine]) -> None:
    voucher.number = numbering.take(transaction.company, f"voucher:{voucher.word}", voucher.date)[0]
    voucher.state = State.POSTED
    stamps = {
        "number": voucher.number,
        "state": State.POSTED,
        "origin_number": transaction.final_origin(voucher.origin_kind, voucher.origin_number),
        "reviewed_by_id": voucher.reviewed_by_id or transaction.by.pk,
        "reviewed_at": voucher.reviewed_at or transaction.at,
        "posted_by_id": transaction.by.pk,
        "posted_at": transaction.at,
    }
    for name, value in stamps.items():
        setattr(voucher, name, value)
    bulk.update([voucher], list(stamps))
    transaction.link("voucher", voucher.pk, chain_content(voucher, rows))


def chain_content(voucher: Voucher, rows: Sequence[VoucherLine]) -> dict[str, object]:
    """What the hash chain covers of a voucher: its head and every line."""
    return {
        "word": voucher.word,
        "number": voucher.number,
        "date": voucher.date,
        "source": voucher.source,
        "origin": [voucher.origin_kind, voucher.origin_number],
        "attachments": voucher.attachments_count,
        "prepared": [voucher.prepared_by_id, voucher.prepared_at],
        "reviewed": [voucher.reviewed_by_id, voucher.reviewed_at],
        "posted": [voucher.posted_by_id, voucher.posted_at],
        "reversal_of": voucher.reversal_of_id,
        "lines": [
            [
                row.line_no,
                row.summary,
                row.account_id,
                row.debit,
                row.credit,
                row.currency,
                Decimal(row.currency_amount),  # a row not read back yet may hold a field's default, a plain int
                Decimal(row.rate),
                Decimal(row.quantity),
                row.customer_id,
                row.supplier_id,
                row.department_id,
                row.employee_id,
                row.item_id,
                row.work_order,
                row.project,
            ]
            for row in rows
        ],
    }


def reverse(transaction: PostingTransaction, voucher: Voucher, *, origin_kind: str, origin_number: str, summary: str = "") -> Voucher:
    """Write the red copy of a posted voucher: the same accounts and sides, negative amounts (红字冲销)."""
    entries = []
    for row in voucher.lines.select_related("account").prefetch_related("sources").order_by("line_no"):
        red = -(row.debit or row.credit)
        entries.append(
            Entry(
                account=row.account,
                amount=red,
                is_debit=row.debit != 0 or row.credit == 0,
                summary=(summary or f"冲销 {voucher.date:%Y-%m} {voucher} {row.summary}")[:160],
                dimensions=dimensions_of(row),
                sources=tuple(Source(s.origin_line, -s.amount, None) for s in row.sources.all()),
            )
        )
    written = write(
        transaction,
        entries,
        origin_kind=origin_kind,
        origin_number=origin_number,
        source=voucher.source,
        is_closing_entry=voucher.is_closing_entry,
        reversal_of=voucher,
        as_they_are=True,
    )
    assert written is not None
    return written


def dimensions_of(row: VoucherLine) -> Dimensions:
    """The auxiliary dimensions of a voucher line."""
    return Dimensions(
        customer_id=row.customer_id,
        supplier_id=row.supplier_id,
        department_id=row.department_id,
        employee_id=row.employee_id,
        work_order=row.work_order,
        project=row.project,
    )
