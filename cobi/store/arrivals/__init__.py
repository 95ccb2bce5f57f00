"""What came in and what was answered, by the hour, and how many records of each type there are.

Counted in the transaction that stores it: nothing that was acknowledged is missing, nothing is counted twice. A commit
writes a row for each type and outcome, however many records it has.
"""
