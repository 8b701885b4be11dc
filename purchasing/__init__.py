"""Requisitions, purchase orders and receipts from suppliers."""
