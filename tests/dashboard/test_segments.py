"""The pages of segments: a rule is built without scripts, previewed, saved, renamed and deleted."""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec
import pytest
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st

from cobi.config.settings import Settings
from cobi.dashboard.segments import handlers
from cobi.dashboard.segments.conditions import ITEMS, KINDS, MUST, Condition, conditions_of, rule_of
from cobi.dashboard.segments.rules import conditions_of_rule, faithful, words_of
from cobi.domain.segments.reading import parse_rule
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store import membership
from tests.conftest import CAMPUS, SHARED, SettableClock
from tests.dashboard.conftest import Person
from tests.factories import an_id, minimal, upload
from tests.marketplace import marketplace

OFFER = an_id("offers")
LOOKED = {
    "kind0": "did",
    "what0": "PAGE_VIEW",
    "about0": "offers",
    "of0": OFFER,
    "times0": "1",
    "days0": "30",
}


@pytest.fixture
def lively(service: Service) -> Service:
    marketplace(service)
    upload(service, "customers", minimal("customers", 50, region="AE"))
    return service


def token(page: str) -> str:
    return re.findall(r'name="form_token" value="([0-9a-f]+)"', page)[0]


def hidden(page: str, name: str) -> str:
    return html.unescape(re.findall(rf'name="{name}" value="([^"]*)"', page)[0])


def looked(person: Person) -> Response:
    """The preview that has all at once: what everybody likes has been read before."""
    person.get("/segments/gets", params=LOOKED)
    return person.get("/segments/new", params=LOOKED)


def save(person: Person, name: str, query: dict[str, str]) -> str:
    """Build, preview and save; answers where that leads."""
    page = person.get("/segments/new", params=query).text
    sent = {one: hidden(page, one) for one in ("rule", "state")}
    return person.send("/segments", None, form_token=token(page), name=name, **sent).headers["Location"]


def test_conditions_are_added_and_removed_by_the_form_alone(person: Person, lively: Service) -> None:
    added = person.get("/segments/new", params={**LOOKED, "act": "add", "add": "region"})
    assert added.status_code == 303
    page = person.get(added.headers["Location"]).text
    assert page.count('<fieldset class="condition">') == 2
    removed = person.get(f"{added.headers['Location']}&remove=0").headers["Location"]
    left = person.get(removed).text
    assert left.count('<fieldset class="condition">') == 1
    assert 'name="kind0" value="region"' in left


def test_a_name_of_any_length_leads_to_its_page(person: Person, lively: Service) -> None:
    leads_to = save(person, "n" * 512, LOOKED)
    assert person.get(leads_to).status_code == 200


def test_forms_that_nobody_filled_in_are_refused_in_words(person: Person, lively: Service) -> None:
    page = person.get("/segments/new", params=LOOKED).text
    for rule in ("[" * 5000 + "]" * 5000, "7" * 5000, "{"):
        sent = person.send("/segments", None, form_token=token(page), name="deep", rule=rule, state="")
        assert "The rule cannot be read" in sent.text
    assert person.get("/segments/new", params={**LOOKED, "remove": "1" * 5000}).status_code == 200


def test_a_preview_tells_how_many_who_and_what_with_reasons(person: Person, lively: Service) -> None:
    lively.learning.train(promote=True)
    page = looked(person).text
    told = lively.segments.preview({"rule": {"did": {"types": ["PAGE_VIEW"], "offers": [OFFER]}}})
    assert f'<p class="big">{told["members"]}</p>' in page
    assert "of 13 students" in page
    assert page.count('href="/students/') >= min(10, told["members"])
    assert page.count('href="/catalogue/offers/') == 6
    assert "popular with all students" in page
    assert "Students who looked at 20 % off in the last 30 days." in page
    assert person.get("/segments/count", params=LOOKED).text == f"{told['members']} of 13 students, 76.9 %"


def test_what_a_large_segment_gets_is_seen_on_a_page_of_its_own(
    person: Person, lively: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    lively.learning.train(promote=True)
    at_once = looked(person).text
    monkeypatch.setattr(handlers, "_AT_ONCE", 5)
    where = save(person, "Lookers", LOOKED)
    for page in (person.get("/segments/new", params=LOOKED).text, person.get(where).text):
        assert '<p class="big">10</p>' in page
        assert "/catalogue/offers/" not in page
        later = html.unescape(re.findall(r'data-late="([^"]+)"', page)[0])
        shown = person.get(later).text
        assert ranked(shown) == ranked(at_once)
        assert shown.count('href="/students/') == 10
    assert person.get("/segments/gets?kind0=age&low0=x").status_code == 400
    assert person.get("/segments/gets?of=nothing").status_code == 400


def ranked(page: str) -> list[str]:
    return re.findall(r'href="/catalogue/offers/([^"]+)"', page)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind0": "did", "about0": "shops", "of0": "Pizzza"}, "None of the shops is called"),
        ({"kind0": "region", "of0": "Atlantis"}, "rule.regions[0]".capitalize()),
        ({"kind0": "age", "low0": "x"}, "is not a whole number"),
        ({"kind0": "age", "low0": "30", "high0": "20"}, "nobody could belong"),
        ({"kind0": "did", "what0": "JUMP"}, "must be one of"),
    ],
)
def test_what_is_wrong_with_a_condition_is_said_beside_it(
    person: Person, lively: Service, sent: dict[str, str], said: str
) -> None:
    page = person.get("/segments/new", params=sent)
    assert page.status_code == 200
    assert said in html.unescape(page.text)
    assert said in person.get("/segments/count", params=sent).text
    assert "Save the segment" not in page.text


def test_a_segment_is_saved_changed_renamed_and_deleted(person: Person, lively: Service) -> None:
    where = save(person, "Lookers", LOOKED)
    page = person.get(where).text
    assert "Lookers is saved" in page
    [listed] = lively.segments.list()["segments"]
    assert (listed["name"], listed["rule"]["did"]["offers"]) == ("Lookers", [OFFER])
    path = where.partition("?")[0]
    edit = html.unescape(re.findall(r'href="(/segments/new\?[^"]+)"', page)[0])
    changing = person.get(f"{edit}&kind1=region&of1=BH").text
    sent = {one: hidden(changing, one) for one in ("rule", "state", "segment")}
    person.send("/segments", None, form_token=token(changing), name="Lookers of Bahrain", **sent)
    [changed] = lively.segments.list()["segments"]
    assert (changed["name"], changed["rule"]["regions"]) == ("Lookers of Bahrain", ["BH"])
    assert person.send(f"{path}/rename", form_token=token(page), name="Owls").status_code == 303
    assert "Owls" in person.get("/segments").text
    asked = person.get(f"{path}/delete").text
    assert "cannot be taken back" in asked
    assert person.send(f"{path}/delete", form_token=token(asked)).headers["Location"].startswith("/segments?")
    assert lively.segments.list()["segments"] == []


def test_a_name_that_is_taken_is_asked_for_again_with_the_conditions_kept(
    person: Person, lively: Service
) -> None:
    save(person, "Lookers", LOOKED)
    page = person.get("/segments/new", params={"kind0": "region", "of0": "AE"}).text
    sent = {one: hidden(page, one) for one in ("rule", "state")}
    again = person.send("/segments", None, form_token=token(page), name="Lookers", **sent)
    assert again.status_code == 400
    assert "exists already" in again.text
    assert 'name="of0" value="AE"' in again.text


def test_all_segments_are_listed_with_sizes_and_what_they_get(person: Person, lively: Service) -> None:
    assert "There is no segment yet" in person.get("/segments").text
    save(person, "Emirates", {"kind0": "region", "of0": "AE"})
    save(person, "Bahrain", {"kind0": "region", "of0": "BH"})
    page = person.get("/segments").text
    assert sizes(page) == ["1", "12"]
    # Nothing is given in the Emirates; Bahrain gets the first three of its six.
    assert page.count('href="/catalogue/offers/') == 3
    assert "in AE" in page
    assert "data-late" not in page.replace("data-late-part", "")


def sizes(page: str) -> list[str]:
    return re.findall(r'<span[^>]*>([^<]+)<svg class="share"', page)


def test_what_takes_longer_than_the_list_may_has_a_page_of_its_own(
    person: Person, lively: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    lively.learning.train(promote=True)
    save(person, "Lookers", LOOKED)
    counted: list[Any] = []
    size = membership.size
    monkeypatch.setattr(membership, "size", lambda *asked: counted.append(asked) or size(*asked))
    first = person.get("/segments").text
    # How long either takes is not known yet.
    assert counted == []
    assert "not counted yet" in first
    [later] = set(re.findall(r'data-late="([^"]+)"', first))
    whole = person.get(later).text
    assert ">10<svg" in whole
    assert whole.count('href="/catalogue/offers/') == 3
    parts = set(re.findall(r'data-part="([^"]+)"', first))
    assert parts == set(re.findall(r'data-late-part="([^"]+)"', whole))
    again = person.get("/segments").text
    assert ">10<svg" in again
    assert "data-late=" not in again


def test_the_page_of_a_segment_finds_out_once_who_did_something(
    person: Person, lively: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = save(person, "Lookers", LOOKED).partition("?")[0]
    looked_for: list[Any] = []
    actors = membership.actors
    monkeypatch.setattr(membership, "actors", lambda *asked: looked_for.append(asked) or actors(*asked))
    for page in (where, "/segments/new"):
        looked_for.clear()
        assert '<p class="big">10</p>' in person.get(page, params={} if page == where else LOOKED).text
        assert len(looked_for) == 1


def test_suggested_segments_are_taken_over_with_one_click(
    person: Person, lively: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {
        "name": "Pizza",
        "rule": {"any": [{"did": {"shops": [an_id("shops")], "within_days": 90, "at_least": 2}}]},
        "students": 40,
        "share": 0.2,
        "precision": 0.9,
        "recall": 0.8,
        "stability": 0.9,
        "signals": [
            {"condition": "shops", "value": an_id("shops"), "name": "Pizza Corner", "share": 0.9,
             "everybody": 0.2, "lift": 4.5}
        ],
    }  # fmt: skip
    told = {
        "counted": "", "students": 200, "sampled": 200, "active": 100, "suggestions": [found],
        "names": {an_id("shops"): "Pizza Corner"},
    }  # fmt: skip
    monkeypatch.setattr("cobi.service.segments.Segments.suggestions", lambda _: told)
    [later] = re.findall(r'data-late="([^"]+)"', person.get("/segments/suggested").text)
    page = person.get(later).text
    assert "found again and again" in page
    assert "shop Pizza Corner" in page
    sent = {one: hidden(page, one) for one in ("name", "rule")}
    assert person.send("/segments", None, form_token=token(page), **sent).status_code == 303
    assert lively.segments.list()["segments"][0]["rule"] == found["rule"]
    build = html.unescape(re.findall(r'href="(/segments/new\?[^"]+)"', page)[0])
    assert 'value="Pizza Corner"' in person.get(build).text


def test_without_the_scope_admin_segments_are_only_read(
    stranger: Person, lively: Service, settings: Settings, clock: SettableClock
) -> None:
    made = lively.segments.create({"name": "Bahrain", "rule": {"regions": ["BH"]}})
    registry = Registry(settings, clock)
    key = registry.create_key(CAMPUS, frozenset(["recommend"]))
    registry.close()
    stranger.sign_in(key)
    path = f"/segments/{made['segment_id']}"
    assert "Build a segment" not in stranger.get("/segments").text
    assert '<p class="big">12</p>' in stranger.get(path).text
    for admins in (
        "/segments/new",
        "/segments/suggested",
        "/segments/suggested/found",
        "/segments/count",
        f"{path}/delete",
    ):
        assert stranger.get(admins).status_code == 403


def nothing_stands_for(kind: str, name: str) -> list[str]:
    return [name]


IDS = st.lists(st.integers(0, 9).map(lambda n: an_id("x", n)), max_size=2, unique=True).map("; ".join)
NUMBERS = st.integers(1, 100).map(str)


def conditions() -> st.SearchStrategy[Condition]:
    ages = st.integers(0, 40).map(str)
    return st.builds(
        _condition, st.sampled_from([*MUST]), st.sampled_from([*KINDS]), IDS, NUMBERS, NUMBERS, ages
    )


def _condition(must: str, kind: str, ids: str, times: str, days: str, age: str) -> Condition:
    of = {"region": "BH; AE", "gender": "female"}.get(kind, ids or an_id("x"))
    made: dict[str, Any] = {
        "region": {"of": of}, "gender": {"of": of}, "institute": {"of": of}, "course": {"of": of},
        "age": {"low": age, "high": "60"}, "new": {"days": days}, "inactive": {"days": days},
        "did": {"of": ids, "about": ITEMS[int(times) % 4] if ids else "shops", "times": times, "days": days},
        "bought": {"of": ids, "times": times, "days": days, "saved": "2.5"},
        "favourite": {"of": ids, "times": times},
    }  # fmt: skip
    return Condition(must, kind, **made[kind])


@SHARED
@given(st.lists(conditions(), max_size=8))
def test_a_rule_of_the_form_is_valid_and_leads_back_to_the_same_form(sent: list[Condition]) -> None:
    rule = parse_rule(rule_of(sent, nothing_stands_for)).as_json()
    back = conditions_of_rule(rule, {})
    assert back is not None
    assert sorted(map(str, back)) == sorted(map(str, sent))
    assert parse_rule(rule_of(back, nothing_stands_for)).as_json() == rule or len(sent) > 1
    assert words_of(rule, {})


def test_a_name_of_several_shops_becomes_an_id_again_where_one_of_them_was_meant() -> None:
    meant, other = an_id("shops"), an_id("shops", 1)
    rule = parse_rule({"did": {"shops": [meant]}}).as_json()
    [unique] = faithful(rule, {meant: "Pizza"}, lambda *_: [meant]) or []
    [twice] = faithful(rule, {meant: "Pizza"}, lambda *_: [meant, other]) or []
    assert (unique.of, twice.of) == ("Pizza", meant)


def test_a_rule_that_no_form_can_say_has_no_form() -> None:
    deep = {"any": [{"all": [{"regions": ["BH"]}, {"min_age": 20}]}]}
    assert conditions_of_rule(parse_rule(deep).as_json(), {}) is None
    both = {"did": {"shops": [an_id("shops")], "tags": [an_id("tags")]}}
    assert conditions_of_rule(parse_rule(both).as_json(), {}) is None


def test_what_no_form_sends_makes_no_condition() -> None:
    assert conditions_of({"kind0": "planet", "kind1": "region", "must1": "perhaps", "kind9": "age"}) == [
        Condition("all", "region")
    ]


def test_a_rule_that_cannot_be_read_is_not_saved(person: Person, lively: Service) -> None:
    page = person.get("/segments/new").text
    for rule in ("{", msgspec.json.encode({"planets": 3}).decode()):
        again = person.send("/segments", form_token=token(page), name="x", rule=rule)
        assert (again.status_code, 'role="alert"' in again.text) == (400, True)
    assert lively.segments.list()["segments"] == []
