"""What another policy would have earned, told from the log of the one that served.

Each estimator answers `Ratios` with one row for each answer, in order; `Ratios.of_owners` makes students of them
before an interval is asked for. `single` judges one place at a time, `slates` whole lists, `overlap` says whether the
log can speak of the policy at all, and `report` puts them side by side.

Throughout, reward is what came of an item in its place; a weight is the new policy's chance of what was shown over the
chance it was shown with.
"""
