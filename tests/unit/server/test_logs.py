"""Lines of the log wait a moment for each other; errors do not, and nothing is lost or changes places."""

from __future__ import annotations

import queue
import threading

import pytest

from cobi.server.logs import MOST_WAITING, Lines


class Written(list[str]):
    """What was written, a text for each time."""

    @property
    def lines(self) -> list[str]:
        return "".join(self).splitlines()


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def patient(written: Written, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Lines whose thread does not come to write any while the test runs."""
    monkeypatch.setattr("cobi.server.logs.WAIT_SECONDS", 60.0)
    lines = Lines(written.append)
    lines.start()
    return lines


def test_lines_wait_and_an_urgent_one_is_written_at_once_behind_them(
    patient: Lines, written: Written
) -> None:
    patient.add("first")
    patient.add("second")
    assert written == []
    patient.add("error", urgent=True)
    assert written == ["first\nsecond\nerror\n"]


def test_waiting_lines_are_written_after_a_moment() -> None:
    written: queue.Queue[str] = queue.Queue()
    lines = Lines(written.put)
    lines.start()
    lines.add("soon")
    assert written.get(timeout=10) == "soon\n"


def test_waiting_lines_never_pile_up(patient: Lines, written: Written) -> None:
    for number in range(MOST_WAITING):
        patient.add(str(number))
    assert written.lines == [str(number) for number in range(MOST_WAITING)]


def test_before_the_server_starts_every_line_is_written_at_once(written: Written) -> None:
    Lines(written.append).add("early")
    assert written == ["early\n"]


def test_several_threads_lose_no_line_and_keep_their_order(patient: Lines, written: Written) -> None:
    def work(name: str) -> None:
        for number in range(2 * MOST_WAITING):
            patient.add(f"{name} {number}", urgent=number % 97 == 0)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    patient.flush()
    of_each = [[line for line in written.lines if line[0] == name] for name in "abc"]
    assert of_each == [[f"{name} {number}" for number in range(2 * MOST_WAITING)] for name in "abc"]
