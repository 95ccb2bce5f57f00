"""Who a student is, as the integer codes that models know traits by."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import region_code
from cobi.domain.moments import as_datetime
from cobi.recommenders.dataset import Trait

YEARS_OF_AN_AGE_BAND = 2
UNKNOWN = -1


def traits_of(student: Mapping[str, Any], now: int) -> dict[Trait, int]:
    """The codes of what is known of a student, from a row of `customers`."""
    found = {
        Trait.REGION: None if student.get("region") is None else region_code(student["region"]),
        Trait.INSTITUTE: student.get("institute_key"),
        Trait.COURSE: student.get("course_key"),
        Trait.GENDER: _gender(student.get("gender")),
        Trait.AGE: _age_band(student.get("birthdate"), now),
    }
    return {trait: code for trait, code in found.items() if code is not None}


def traits_of_all(students: Sequence[Mapping[str, Any]], now: int) -> dict[Trait, NDArray[np.int64]]:
    """Each student's codes by trait, -1 where not known; a trait that says nothing is left out."""
    each = [traits_of(student, now) for student in students]
    codes = {trait: np.array([own.get(trait, UNKNOWN) for own in each], np.int64) for trait in sorted(Trait)}
    return {trait: own for trait, own in codes.items() if len(np.unique(own)) > 1}


def _gender(text: str | None) -> int | None:
    return None if not text or not text.strip() else zlib.crc32(text.strip().lower().encode())


def _age_band(birthdate: str | None, now: int) -> int | None:
    if birthdate is None:
        return None
    days = (as_datetime(now).date() - date.fromisoformat(birthdate)).days
    return max(0, int(days / 365.25)) // YEARS_OF_AN_AGE_BAND
