from django.db import migrations

from core.triggers import AppendOnly, Refuse

POSTED = "EXISTS (SELECT 1 FROM finance_voucher v WHERE v.id = {row}.voucher_id AND v.state = 'posted')"
UNBALANCED = (
    "NEW.state = 'posted' AND (NOT EXISTS (SELECT 1 FROM finance_voucherline l WHERE l.voucher_id = NEW.id) "
    "OR (SELECT SUM(l.debit) - SUM(l.credit) FROM finance_voucherline l WHERE l.voucher_id = NEW.id) <> 0)"
)


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial"), ("core", "0002_append_only")]

    operations = [
        AppendOnly("finance_voucher", while_posted=True),
        AppendOnly("finance_vouchersource"),
        AppendOnly("finance_settlement"),
        Refuse("finance_voucher_balances", "finance_voucher", "update", UNBALANCED, "a posted voucher must balance"),
        Refuse("finance_voucher_not_born_posted", "finance_voucher", "insert", "NEW.state = 'posted'", "a voucher is sealed after its lines are written"),
        *(
            Refuse(
                f"finance_voucherline_no_{event}", "finance_voucherline", event,
                POSTED.format(row="NEW" if event == "insert" else "OLD"), "lines of a posted voucher do not change",
            )
            for event in ("insert", "update", "delete")
        ),
    ]
