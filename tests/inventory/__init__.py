"""Goods, holds and their value."""
