"""Measures of the product, printed as JSON: `make bench`, or `python -m bench posting lists mrp`."""
