"""How often each item was shown, clicked and used, by day: counted in the background, so that no write pays for it.

Commits note the days they change; a day that was noted is counted anew as a whole. What is read is therefore exact up
to the moment of counting, whatever came late, was mended or erased.
"""
