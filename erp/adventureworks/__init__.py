"""A bicycle factory's records, taken in as a company of its own and played again as posted documents.

The records are plain CSV files (see the README beside them). `records` reads them, `importer` loads masters and opening
stock, `replay` posts the documents of a range of days and lists what could not be posted, with the reason.
"""
