"""The figures of the feedback loop by day, kept in the same transaction as the rows they count.

A report reads these few rows, so that it costs the same however many interactions there are. `recount` counts the same
figures from the rows: it fills the tables, makes up for quarters of an hour that a period cuts, and is what tests hold
them to.
"""
