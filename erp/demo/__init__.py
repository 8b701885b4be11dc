"""The demo factory: Hengchuan, a maker of pumps and gear units, with its people, its goods and some months of work.

    data/       masters and opening balances as CSV, one file per table
    tables      reads them
    masters     creates the company and all master data
    opening     opening stock, receivables, payables and account balances
    history     works through the days, one desk after the other, by the same services that the pages call
    today       what is left on the desks for the visitor: orders in every state, a shortage, something late, something overdue
    loading     the whole, in order

Everything is deterministic: the same day gives the same factory.
"""
