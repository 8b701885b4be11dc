"""The books: accounts, vouchers, posting rules, invoices, receivables, payables, money, closing, statements.

Interprets the goods.
"""
