"""Goods, holds and their value: the stock ledger, valuation, reservations, demand and supply. Knows no account and no order."""
