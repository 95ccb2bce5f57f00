"""A small marketplace whose students come back."""

from __future__ import annotations

from cobi.domain.moments import SECOND
from cobi.service.service import Service
from tests.factories import HOUR, NOON, an_id, interaction, minimal, upload

OFFERS, STUDENTS, VISITS = 6, 12, 5


def marketplace(service: Service) -> None:
    """Each student looks at one offer after another, one an hour, from noon on."""
    upload(service, "shops", minimal("shops"))
    upload(service, "offers", *(minimal("offers", number) for number in range(OFFERS)))
    upload(service, "customers", *(minimal("customers", number) for number in range(STUDENTS)))
    upload(service, "user-interactions", *(view(s, s + v, v) for s in range(STUDENTS) for v in range(VISITS)))


def view(student: int, offer: int, hour: int) -> dict[str, object]:
    return interaction(
        student_id=an_id("customers", student),
        item_id=an_id("offers", offer % OFFERS),
        event_timestamp=(NOON + hour * HOUR) // SECOND,
    )
