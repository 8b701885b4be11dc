"""Spreadsheets in and out: safe reading, templates that explain themselves, checking with the cell at fault, export with real numbers."""
