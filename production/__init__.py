"""How things are made: BOM, routing, work centres, material planning, work orders, issues, reporting, finished receipts."""
