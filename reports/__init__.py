"""Reads everything, writes nothing: worktop, books, balances, the chain of documents, reconciliation."""
