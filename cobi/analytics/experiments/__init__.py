"""What a change caused: arms of students compared, with intervals that hold however often one looks.

`sums` holds what must be remembered of the students, `contrasts` compares two arms, `sequences` says how sure that
is at every moment, `sample_ratio` whether the students were divided as planned, `decisions` what follows.
"""
