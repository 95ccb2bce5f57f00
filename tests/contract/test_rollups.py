"""The reports' figures are those of the rows they count, whatever happened, in whatever order (contract §5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, Phase
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Table, delete, event, insert, select, update

from cobi.domain.errors import NotFound
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction import Platform
from cobi.domain.moments import DAY, SECOND, format_moment
from cobi.domain.quarantine import parse_retry
from cobi.domain.recommendation import Wanted
from cobi.domain.reports import Question
from cobi.service.service import Service
from cobi.store.arrivals import kept
from cobi.store.database import Database
from cobi.store.dialect import is_sqlite
from cobi.store.rollups import audit, recount
from cobi.store.rollups.tables import ANSWERS, CLICKS, OUTCOMES, ROLLUPS, code_reveals
from tests.conftest import SettableClock
from tests.factories import HOUR, an_id, interaction, minimal, upload

STUDENTS, OFFERS = 4, 3
WHO, WHAT, PICKS = st.integers(0, STUDENTS - 1), st.integers(0, OFFERS - 1), st.integers(0, 99)
# A late student is not known until it is mended; nobody is nameless.
SENDERS = st.sampled_from(["student", "late", "pseudonym", "nobody"])
KINDS = st.sampled_from(["DISCOUNT_CODE", "PAGE_VIEW"])
TABLES = [table for rollup in ROLLUPS for table in (rollup.days, rollup.quarters)]
NEPAL = 5 * HOUR + 45 * 60 * SECOND


class Loop(RuleBasedStateMachine):
    """Students are answered, act, buy, turn up late, change and are erased."""

    def __init__(self, service: Service, database: Database, clock: SettableClock) -> None:
        super().__init__()
        self.service, self.database, self.clock = service, database, clock
        self.answers: list[str | None] = [None]
        self.looked = 0

    @rule(minutes=st.sampled_from([1, 600, 3000]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(minutes * 60 * SECOND)

    @rule(touch=st.sampled_from(["FIRST", "LAST"]))
    def another_touch(self, touch: str) -> None:
        self.service.settings.change({"attribution_touch": touch})

    @rule(who=WHO, limit=st.integers(1, OFFERS), regions=st.sampled_from([None, ("BH",), ("AE", "BH")]))
    def answer(self, who: int, limit: int, regions: tuple[str, ...] | None) -> None:
        try:
            wanted = Wanted(limit=limit, regions=regions, include_segments=True)
            given = self.service.recommend(known(who), wanted)
        except NotFound:
            return
        self.answers += [format_id(one.recommendation_id) for one in given]

    @rule(
        who=WHO, what=WHAT, sender=SENDERS, kind=KINDS, pick=PICKS, shop=st.booleans(), ago=st.integers(0, 2)
    )
    def act(self, who: int, what: int, sender: str, kind: str, pick: int, shop: bool, ago: int) -> None:
        named = {
            "student": {"student_id": an_id("customers", who)},
            "late": {"student_id": an_id("customers", STUDENTS + who)},
            "pseudonym": {"student_id": None, "user_id": an_id("pseudonyms", STUDENTS + who)},
            "nobody": {"student_id": None},
        }[sender]
        about = ("SHOP", an_id("shops")) if shop else ("OFFER", an_id("offers", what))
        sent = interaction(
            **named,
            interaction_type=kind,
            item_type=about[0],
            item_id=about[1],
            event_timestamp=(self.clock.now - ago * HOUR) // SECOND,
            platform=[None, "WEB", "IOS"][pick % 3],
            source="COBI",
            recommendation_id=self.answers[pick % len(self.answers)],
        )
        upload(self.service, "user-interactions", sent, sent)

    @rule(
        who=WHO, what=WHAT, number=st.integers(0, 3), amount=st.sampled_from([3, 4.125]), gone=st.booleans()
    )
    def buy(self, who: int, what: int, number: int, amount: float, gone: bool) -> None:
        bought = minimal("transactions", number, amount=amount, savings=1.5, is_deleted=gone)
        bought |= {"student_id": an_id("customers", who), "offer_id": an_id("offers", what)}
        upload(self.service, "transactions", bought)

    @rule(who=WHO)
    def a_student_turns_up(self, who: int) -> None:
        upload(self.service, "customers", minimal("customers", STUDENTS + who))

    @rule()
    def mend(self) -> None:
        self.service.retry(parse_retry({}))

    @rule(who=st.integers(0, 2 * STUDENTS - 1))
    def erase(self, who: int) -> None:
        try:
            self.service.erase(known(who))
        except NotFound:
            return

    @rule(who=WHO)
    def a_student_comes_back(self, who: int) -> None:
        upload(self.service, "customers", minimal("customers", who))

    @invariant()
    def the_figures_are_those_of_the_rows(self) -> None:
        with self.database.read() as connection:
            otherwise = kept.differences(connection)
            counted = dict(recount.recount(connection).rows())
            for table in TABLES:
                stored = audit.stored(connection, table).items()
                assert {key: figures for key, figures in stored if any(figures)} == counted.get(table, {})
        assert otherwise == 0

    @invariant()
    def a_period_is_the_sum_of_its_parts(self) -> None:
        # On days of Nepal, and just now.
        cut = (self.clock.now + NEPAL) // DAY * DAY - NEPAL if self.looked % 2 else self.clock.now
        self.looked += 1
        parts = Question(until=cut), Question(since=cut)
        figures = [self.service.reports.effectiveness(part)["total"] for part in (*parts, Question())]
        for name in ("answers", "impressions", "clicked_impressions", "conversions", "savings"):
            assert figures[0][name] + figures[1][name] == figures[2][name]


def known(number: int) -> bytes:
    return parse_id(an_id("customers", number)) or b""


def test_whatever_happens_the_figures_are_those_of_the_rows(
    campus: Service, database: Database, clock: SettableClock
) -> None:
    upload(campus, "customers", *(minimal("customers", number) for number in range(STUDENTS)))
    upload(campus, "offers", *(minimal("offers", number) for number in range(OFFERS)))
    campus.segments.create({"name": "Bahrain", "rule": {"regions": ["BH"]}})

    class Here(Loop):
        def __init__(self) -> None:
            super().__init__(campus, database, clock)

    run_state_machine_as_test(
        Here,
        settings=property_settings(
            max_examples=6,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    assert campus.reports.differences() == 0
    assert campus.reports.rebuild()["different"] == 0


def bought(number: int, moment: int, **changes: Any) -> dict[str, Any]:
    named = {"student_id": an_id("customers"), "offer_id": an_id("offers"), "created": format_moment(moment)}
    return minimal("transactions", number, **named, **changes)


def reveal(service: Service, clock: SettableClock, after: int, answer: str | None, **changes: Any) -> None:
    sent = interaction(
        interaction_type="DISCOUNT_CODE",
        source="COBI",
        recommendation_id=answer,
        event_timestamp=clock.now + after,
    )
    assert upload(service, "user-interactions", {**sent, **changes}).stored == 1


def served(service: Service) -> str:
    return format_id(service.recommend(known(0), Wanted())[0].recommendation_id)


def worth(service: Service, **question: Any) -> tuple[Any, ...]:
    total = service.reports.effectiveness(Question(**question))["total"]
    return total["conversions"], total["amount"], total["savings"]


def reveals_by_day(service: Service) -> list[int]:
    days = service.reports.effectiveness(Question())["days"]
    return [day["attributed"]["DISCOUNT_CODE"] for day in days]


def test_a_purchase_after_a_code_reveal_is_its_conversion_once(campus: Service, clock: SettableClock) -> None:
    answer = served(campus)
    reveal(campus, clock, HOUR, answer)
    upload(campus, "transactions", bought(1, clock.now + 2 * HOUR, amount=6.25, savings=1.125))
    upload(campus, "transactions", bought(1, clock.now + 2 * HOUR, amount=6.25, savings=1.125))
    assert worth(campus) == (1, 6.25, 1.125)
    upload(campus, "transactions", bought(1, clock.now + 2 * HOUR, amount=6.5, savings=1.125))
    assert worth(campus) == (1, 6.5, 1.125)
    upload(campus, "transactions", bought(1, clock.now + 2 * HOUR, is_deleted=True))
    assert worth(campus) == (0, 0, 0)


def test_a_reveal_that_arrives_after_the_purchase_is_still_found(
    campus: Service, clock: SettableClock
) -> None:
    answer = served(campus)
    upload(campus, "transactions", bought(1, clock.now + 2 * HOUR))
    assert worth(campus) == (0, 0, 0)
    reveal(campus, clock, HOUR, answer)
    assert worth(campus) == (1, 6, 1.5)


def test_no_purchase_before_the_reveal_or_after_the_window_or_of_another_offer_converts(
    campus: Service, clock: SettableClock
) -> None:
    reveal(campus, clock, HOUR, served(campus))
    upload(campus, "offers", minimal("offers", 1))
    upload(
        campus,
        "transactions",
        bought(1, clock.now),
        bought(2, clock.now + HOUR + 7 * DAY + 1),
        {**bought(3, clock.now + 2 * HOUR), "offer_id": an_id("offers", 1)},
        {**bought(4, clock.now + 2 * HOUR), "student_id": None},
    )
    assert worth(campus) == (0, 0, 0)


def test_the_touch_says_which_of_several_answers_is_credited(campus: Service, clock: SettableClock) -> None:
    served(campus)
    clock.advance(DAY)
    second = served(campus)
    reveal(campus, clock, HOUR, second)
    assert reveals_by_day(campus) == [0, 1]
    campus.settings.change({"attribution_touch": "FIRST"})
    reveal(campus, clock, 2 * HOUR, second)
    reveal(campus, clock, 3 * HOUR, None)
    assert reveals_by_day(campus) == [2, 1]
    upload(campus, "transactions", bought(1, clock.now + 4 * HOUR))
    assert [day["conversions"] for day in campus.reports.effectiveness(Question())["days"]] == [0, 1]


def test_the_report_tells_apart_and_filters(campus: Service, clock: SettableClock) -> None:
    answer = served(campus)
    reveal(campus, clock, HOUR, answer, platform="IOS")
    reveal(campus, clock, 2 * HOUR, answer, item_type="SHOP", item_id=an_id("shops"), platform="WEB")
    upload(campus, "transactions", bought(1, clock.now + 2 * HOUR))
    report = campus.reports.effectiveness(Question())
    assert [row["platform"] for row in report["platforms"]] == ["IOS", "WEB"]
    upload(campus, "shops", minimal("shops", 1))
    assert campus.reports.effectiveness(Question(shop_id=parse_id(an_id("shops", 1))))["platforms"] == []
    assert [row["region"] for row in report["regions"]] == ["BH"]
    assert [(row["position"], row["revealed_impressions"]) for row in report["positions"]] == [(1, 1)]
    assert worth(campus, shop_id=parse_id(an_id("shops"))) == (1, 6, 1.5)
    assert worth(campus, tag_id=parse_id(an_id("tags"))) == (1, 6, 1.5)
    assert worth(campus, region="AE") == (0, 0, 0)
    ios = campus.reports.effectiveness(Question(platform=Platform.IOS))["total"]
    assert (ios["attributed"]["DISCOUNT_CODE"], ios["conversions"], ios["impressions"]) == (1, 1, None)
    second = campus.reports.effectiveness(Question(position=2))["total"]
    assert (second["impressions"], second["revealed_impressions"]) == (0, 0)
    assert campus.reports.effectiveness_table(Question()).splitlines()[1].startswith("2026-06-15,0,")


def filled_anew(database: Database, script: str, tables: Iterable[Table]) -> None:
    """Hold what a migration fills tables with to what is there."""
    migration = import_module(f"cobi.store.migrations.organisation.{script}")
    with database.engine.execution_options(writing=True).begin() as connection:
        before = {table: set(connection.execute(select(table))) for table in tables}
        assert all(before.values())
        for table in before:
            connection.execute(delete(table))
        if hasattr(migration, "fill"):
            migration.fill(connection)
        else:
            for name in ("_ANSWERS", "_CLICKS", "_PLATFORMS", "_ITEMS", "_OUTCOMES", "_REVEALS"):
                connection.exec_driver_sql(getattr(migration, name))
        assert {table: set(connection.execute(select(table))) for table in before} == before


def test_the_migrations_fill_the_figures_of_what_is_there(
    campus: Service, database: Database, clock: SettableClock
) -> None:
    answer = served(campus)
    reveal(campus, clock, HOUR, answer, platform="IOS")
    reveal(
        campus, clock, 2 * HOUR, answer, interaction_type="SHARE", item_type="SHOP", item_id=an_id("shops")
    )
    reveal(campus, clock, 3 * HOUR, an_id("nobody's"))
    clock.advance(DAY)
    reveal(campus, clock, HOUR, served(campus))
    days = [rollup.days for rollup in ROLLUPS]
    filled_anew(database, "0007_figures_kept_with_their_rows", [*days, code_reveals])
    # The first of them left purchases to be paired.
    upload(campus, "transactions", bought(1, clock.now + 2 * HOUR))
    quarters = [rollup.quarters for rollup in ROLLUPS]
    filled_anew(database, "0013_figures_by_quarter_of_an_hour", quarters)


def test_figures_that_went_wrong_are_found_and_counted_anew(
    campus: Service, database: Database, clock: SettableClock
) -> None:
    reveal(campus, clock, HOUR, served(campus))
    with database.engine.execution_options(writing=True).begin() as connection:
        connection.execute(update(ANSWERS.days).values(answers=2))
        connection.execute(update(CLICKS.quarters).values(clicked=2))
        connection.execute(delete(OUTCOMES.quarters))
        [stray] = [{**row} for row in connection.execute(select(OUTCOMES.days)).mappings()]
        connection.execute(insert(OUTCOMES.days).values({**stray, "day": 7}))
    assert campus.reports.differences() == 4
    assert campus.reports.rebuild()["different"] == 4
    assert campus.reports.differences() == 0


def test_the_shops_of_a_part_of_a_day_are_those_of_that_part(campus: Service, clock: SettableClock) -> None:
    reveal(campus, clock, HOUR, served(campus))
    for since, until in ((clock.now - NEPAL, clock.now + 1), (clock.now + 1, None), (None, clock.now)):
        question = Question(since, until)
        found = campus.reports.items(question, "shop", 10)["items"]
        reveals = campus.reports.effectiveness(question)["total"]["attributed"]["DISCOUNT_CODE"]
        assert sum(one["attributed"]["DISCOUNT_CODE"] for one in found) == reveals


def plans(service: Service, database: Database, question: Question) -> list[str]:
    """How the database finds the rows of each of a report's statements."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    service.reports.effectiveness(question)
    event.remove(database.engine, "before_cursor_execute", note)
    with database.read() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if not is_sqlite(connection):
            # Few rows are read through at once, however many indexes there are.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN"
        told = [connection.exec_driver_sql(f"{explain} {statement}", values) for statement, values in asked]
        return [str(row[-1]) for plan in told for row in plan]


def test_what_a_period_cuts_off_is_found_by_its_time_however_many_rows_there_are(
    campus: Service, database: Database, clock: SettableClock
) -> None:
    cut = Question(clock.now - 3 * DAY - 7 * 60 * SECOND, clock.now + 7 * 60 * SECOND)
    told = plans(campus, database, cut)
    for table in ("recommendations", "attributions", "interactions", "conversions"):
        read = [line for line in told if re.search(rf"\b{table}\b", line)]
        assert read
        assert not [line for line in read if re.search(rf"(SCAN|Seq Scan on) {table}\b", line)]
