"""Addresses of the books' own pages."""

from functools import partial

from django.urls import URLPattern

from core.web.routes import page
from finance.web import vouchers

VIEW = "finance.view_voucher"


def voucher_urls() -> list[URLPattern]:
    """The pages of vouchers."""
    base = "finance/vouchers/"
    return [
        page(base, vouchers.voucher_list, name="voucher-list", permission=VIEW),
        page(f"{base}new/", vouchers.create, name="voucher-new", permission="finance.add_voucher", methods=["GET", "POST"]),
        page(f"{base}print/", vouchers.print_vouchers, name="voucher-print-many", permission=VIEW),
        page(f"{base}<id:pk>/", vouchers.voucher_page, name="voucher-detail", permission=VIEW),
        page(f"{base}<id:pk>/print/", vouchers.print_vouchers, name="voucher-print", permission=VIEW),
        page(f"{base}<id:pk>/edit/", vouchers.edit, name="voucher-edit", permission="finance.change_voucher", methods=["GET", "POST"]),
        *(
            page(
                f"{base}<id:pk>/{step.name}/",
                partial(vouchers.act, step=step),
                name=f"voucher-{step.name}",
                permission=step.permission,
                methods=["POST"],
            )
            for step in vouchers.STEPS
        ),
    ]
