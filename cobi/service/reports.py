"""What an organisation is told of what its recommendations led to."""

from __future__ import annotations

from typing import Any

from cobi.actions.attribution import rebuild
from cobi.actions.doctor import examine, last
from cobi.actions.reporting import arrivals, comparison, items, overview, parquet, report, rows
from cobi.domain.arrivals import span
from cobi.domain.interaction import Outcome
from cobi.domain.reports import Against, Question
from cobi.service.core import Core
from cobi.store.rollups.evidence import Kind


class Reports:
    """Read from figures that are kept with the rows they count."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def effectiveness(self, question: Question) -> dict[str, Any]:
        """What came of recommendations."""
        with self._core.reading() as connection:
            return report.effectiveness_report(connection, question)

    def effectiveness_table(self, question: Question) -> str:
        """The same as CSV."""
        with self._core.reading() as connection:
            return report.effectiveness_table(connection, question)

    def effectiveness_parquet(self, question: Question) -> bytes:
        """The same as a Parquet file."""
        return parquet.as_parquet(self.effectiveness_table(question))

    def comparison(self, question: Question, against: Against | None) -> dict[str, Any]:
        """What came of recommendations, beside the same of something else."""
        with self._core.reading() as connection:
            return comparison.comparison(connection, question, against)

    def items(self, question: Question, by: str, limit: int) -> dict[str, Any]:
        """What came with each shop or tag."""
        with self._core.reading() as connection:
            return items.items_report(connection, question, by, limit)

    def answers(self, question: Question, limit: int, cursor: str | None) -> dict[str, Any]:
        """The answers behind a report's figures."""
        with self._core.reading() as connection:
            return rows.answers(connection, question, limit, cursor)

    def interactions(self, question: Question, kind: Kind, limit: int, cursor: str | None) -> dict[str, Any]:
        """The interactions behind a report's figures."""
        with self._core.reading() as connection:
            return rows.interactions(connection, question, kind, limit, cursor)

    def claims(self, question: Question, outcome: Outcome, limit: int, cursor: str | None) -> dict[str, Any]:
        """The interactions whose claim to come of an answer came to this."""
        with self._core.reading() as connection:
            return rows.claims(connection, question, outcome, limit, cursor)

    def health(self) -> dict[str, Any]:
        """What is wrong with the feedback loop itself."""
        with self._core.reading() as connection:
            return examine.examine(connection, self._core.clock())

    def examine(self) -> dict[str, Any]:
        """Keep what is found wrong now, and with the days it shows on for the reports of those days; and tell it."""
        with self._core.reading() as connection:
            examined = last.examine_to_keep(connection, self._core.clock())
        self._core.write(lambda transaction: last.keep(transaction, examined))
        return examined.document

    def tidy(self) -> None:
        """Look again for what is wrong, and tell old days no longer apart by hour."""
        self.examine()
        now = self._core.clock()
        with self._core.reading() as connection:
            finer = arrivals.is_finer_than_told(connection, now)
        if finer:
            self._core.write(lambda transaction: arrivals.coarsen(transaction, now))

    def arrivals(self, by: str, since: int | None, until: int | None) -> dict[str, Any]:
        """What came in and what was answered, by hour or by day."""
        asked = span(by, since, until, self._core.clock())
        with self._core.reading() as connection:
            return arrivals.arrivals(connection, asked)

    def overview(self) -> dict[str, Any]:
        """How the last seven days compare with the seven before, whether the loop is well, and what has changed."""
        with self._core.reading() as connection:
            looked = last.told_last(connection) is not None
        if not looked:
            self.examine()
        with self._core.reading() as connection:
            return overview.overview(connection, self._core.clock())

    def how_things_stand(self) -> dict[str, Any]:
        """What of the overview changes from one minute to the next."""
        with self._core.reading() as connection:
            return overview.how_things_stand(connection, self._core.clock())

    def rebuild(self) -> dict[str, Any]:
        """Count all figures anew; writes wait meanwhile."""
        return self._core.write(lambda transaction: rebuild.rebuild(transaction, self._core.rules.claims))

    def differences(self) -> int:
        """How many figures are not what the rows come to; always 0, or a change went uncounted."""
        with self._core.reading() as connection:
            return rebuild.differences(connection)
