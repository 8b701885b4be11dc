"""A new company, ready to post from its first day: months, item categories, chart of accounts and posting rules."""

import datetime as dt

from core.models import Company
from finance.closing.periods import open_years
from finance.setup import set_up_books
from masterdata.models import ItemCategory

CATEGORIES = (
    ("raw", "原材料", "Raw materials"),
    ("auxiliary", "辅助材料", "Auxiliary materials"),
    ("purchased", "外购配套件", "Bought-in parts"),
    ("packing", "包装材料", "Packing materials"),
    ("semi", "半成品", "Semi-finished goods"),
    ("finished", "产成品", "Finished goods"),
    ("merchandise", "库存商品", "Merchandise"),
)
"""The usual kinds of goods, each with its stock account (`finance.setup.CATEGORY_ACCOUNTS`): code, Chinese name, English name."""


def set_up_company(company: Company, *, today: dt.date) -> None:
    """Give a company that was just added all that a posting looks for. What it makes, and who works there, is entered afterwards.

    The categories come before the books, because every category gets its posting rules.
    """
    open_years(company, company.start_date, max(company.start_date, today))
    for code, name, name_en in CATEGORIES:
        ItemCategory.objects.create(company=company, code=code, name=name, name_en=name_en)
    set_up_books(company)
