"""Telling what happens: each step with its documents, and the vouchers as an accountant would write them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TextIO

from django.utils.translation import gettext as _

from core.models import Company, Document
from finance.models import Voucher, VoucherLine

WIDTH = 46


@dataclass
class Narrator:
    """Writes to `out` while the story goes on (None: stays silent), and keeps it all for machines."""

    company: Company
    out: TextIO | None
    steps: list[dict[str, Any]] = field(default_factory=list)
    _last_voucher: int = 0

    def step(self, title: str) -> None:
        """Begin a step."""
        self.steps.append({"step": len(self.steps) + 1, "title": title, "documents": [], "vouchers": [], "notes": []})
        self._write(f"\n{len(self.steps):>2}. {title}")

    def document(self, document: Document, what: str) -> None:
        """Name a document and what happened to it."""
        self.steps[-1]["documents"].append(
            {"kind": document._meta.model_name, "number": document.number, "state": document.state, "what": what}
        )
        self._write(f"    {document.number}  {what}")

    def note(self, text: str) -> None:
        """Say something else."""
        self.steps[-1]["notes"].append(text)
        self._write(f"    {text}")

    def table(self, rows: Iterable[Sequence[str]], *, widths: Sequence[int]) -> None:
        """Show rows in columns; the last columns (numbers) are aligned to the right when their width is negative."""
        for row in rows:
            self.steps[-1]["notes"].append(list(row))
            self._write("    " + "  ".join(_fitted(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def vouchers(self) -> None:
        """Show the vouchers that were posted since the last time."""
        rows = Voucher.objects.filter(company=self.company, pk__gt=self._last_voucher, number__isnull=False).order_by("id")
        for voucher in rows.prefetch_related("lines__account", "lines__customer", "lines__supplier", "lines__department"):
            self._last_voucher = voucher.pk
            lines = list(voucher.lines.all())
            self.steps[-1]["vouchers"].append(_as_data(voucher, lines))
            self._write(f"      {voucher}  {voucher.date}  {lines[0].summary if lines else ''}")
            for line in lines:
                self._write(_voucher_line(line))

    def _write(self, text: str) -> None:
        if self.out is not None:
            self.out.write(text + "\n")


def money(amount: Decimal) -> str:
    """An amount with thousands separators and two decimals."""
    return f"{amount:,.2f}"


def _as_data(voucher: Voucher, lines: Sequence[VoucherLine]) -> dict[str, Any]:
    return {
        "number": str(voucher),
        "date": voucher.date.isoformat(),
        "origin": voucher.origin_number,
        "lines": [
            {"account": line.account.code, "name": line.account.label, "debit": money(line.debit), "credit": money(line.credit)}
            for line in lines
        ],
    }


def _voucher_line(line: VoucherLine) -> str:
    """借 / 贷, account, amount in its column, and whom it is about."""
    is_debit = bool(line.debit) or not line.credit
    side = _("Dr") if is_debit else f"  {_('Cr')}"
    partner = line.customer or line.supplier
    about = partner.label if partner else line.work_order or (line.department.label if line.department else "")
    name = f"{side} {line.account.code} {line.account.label}"
    amounts = f"{money(line.debit):>14}" if is_debit else f"{'':>14}{money(line.credit):>14}"
    return f"        {_fitted(name, WIDTH)}{amounts:<28}  {about}".rstrip()


def _fitted(text: str, width: int) -> str:
    """Text padded to a width, Chinese characters counting double; a negative width aligns to the right."""
    padding = " " * max(abs(width) - displayed(text), 0)
    return padding + text if width < 0 else text + padding


def displayed(text: str) -> int:
    """How wide a text is on a terminal."""
    return sum(2 if "\u2e80" <= char <= "\uffef" else 1 for char in text)
