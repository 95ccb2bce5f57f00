"""What students did with each item, by day, packed as columns in the background, so that no write pays for it.

Who belongs to a rule of what was done is read from here as far as a day is as it was packed, and from the rows of
every other day: the answer is exact at any moment.
"""
