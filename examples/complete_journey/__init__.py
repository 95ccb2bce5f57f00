"""The Complete Journey: a year of a grocer's purchases and coupons, told as a student marketplace."""
