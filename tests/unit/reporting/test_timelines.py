"""From records to timelines: what was known at an instant, and what was not."""

from typing import Any, NamedTuple

import orjson
import pytest

from hub.errors import InvalidSettings
from hub.reporting.dimensions import NAMES, dimensions
from hub.reporting.timelines import Deleted, Horizon, Seen, Timeline, timeline_of
from hub.store.histories import DELETES, IRREGULAR, LATER, History

CREATE, STATE = "ServiceProblemCreateEvent", "ServiceProblemStateChangeEvent"
ATTRIBUTE, DELETE = "ServiceProblemAttributeValueChangeEvent", "ServiceProblemDeleteEvent"

DOCUMENT = {"priority": 1, "relatedParty": [{"role": "customer", "partyOrPartyRole": {"id": "ACME"}}]}
ALL = Horizon(as_of=1000, recorded=1000)


class Told(NamedTuple):
    """A record, and with the first one the report as it is now."""

    at: int
    recorded: int
    to: str | None
    party: str | None
    flags: int
    changes: str | None
    document: bytes | None


def entry(kind: str, at: int, *, recorded: int | None = None, to: str | None = None, **parts: Any) -> Told:
    changes, document = parts.get("changes"), parts.get("document")
    return Told(
        at=at,
        recorded=at if recorded is None else recorded,
        to=to,
        party=parts.get("party"),
        flags=DELETES * (kind == DELETE) + IRREGULAR * parts.get("irregular", 0),
        changes=None if changes is None else orjson.dumps(changes).decode(),
        document=None if document is None else orjson.dumps(document),
    )


def created(at: int = 10, to: str = "acknowledged", *, date: str | None = None, **document: Any) -> Told:
    dated = {} if date is None else {"creationDate": date}
    return entry(CREATE, at, to=to, document={**DOCUMENT, **dated, **document})


def seen(*told: Told, horizon: Horizon = ALL) -> Seen | None:
    """What is made of the records as the store gives them at this horizon."""
    entries: list[list[Any]] = [
        [
            0,
            seq,
            one.at,
            one.to,
            one.party,
            None,
            one.flags + LATER * (one.recorded > horizon.recorded),
            one.changes,
        ]
        for seq, one in enumerate(told)
    ]
    return timeline_of(History("p1", told[0].document, entries), horizon, dimensions(), {})


def known(*told: Told, horizon: Horizon = ALL) -> Timeline:
    found = seen(*told, horizon=horizon)
    assert isinstance(found, Timeline)
    return found


def said(timeline: Timeline, name: str) -> tuple[str, ...]:
    return timeline.values[NAMES.index(name)]


def test_states_follow_one_another() -> None:
    timeline = known(created(), entry(STATE, 20, to="inProgress"), entry(STATE, 30, to="resolved"))
    assert (timeline.opened, timeline.acknowledged) == (10, 20)
    assert (timeline.begins, timeline.states) == ((10, 20, 30), ("acknowledged", "inProgress", "resolved"))


def test_what_was_recorded_later_was_not_known() -> None:
    entries = (
        created(),
        entry(STATE, 20, recorded=50, to="inProgress"),
        entry(STATE, 30, recorded=60, to="resolved"),
    )
    assert known(*entries, horizon=Horizon(as_of=1000, recorded=49)).states == ("acknowledged",)
    assert known(*entries, horizon=Horizon(as_of=1000, recorded=50)).states == ("acknowledged", "inProgress")
    assert known(*entries, horizon=Horizon(as_of=30, recorded=1000)).states == ("acknowledged", "inProgress")
    assert seen(*entries, horizon=Horizon(as_of=1000, recorded=9)) is None
    assert seen(*entries, horizon=Horizon(as_of=10, recorded=1000)) is None


def test_attributes_are_those_of_then() -> None:
    changes = {"priority": {"from": 1, "to": 3}, "affectedService": {"from": None, "to": [{"id": "VPN-7"}]}}
    now = created(priority=3, affectedService=[{"id": "VPN-7"}])
    entries = now, entry(ATTRIBUTE, 40, changes=changes)
    before = known(*entries, horizon=Horizon(as_of=1000, recorded=39))
    assert (said(before, "severity"), said(before, "service")) == (("1",), ("unknown",))
    after = known(*entries)
    assert (said(after, "severity"), said(after, "service"), said(after, "customer")) == (
        ("3",),
        ("VPN-7",),
        ("ACME",),
    )


def test_a_deleted_report_was_there_before() -> None:
    had = {name: {"from": value, "to": None} for name, value in DOCUMENT.items()}
    entries = entry(CREATE, 10, to="acknowledged"), entry(DELETE, 40, changes=had)
    assert seen(*entries) == Deleted("p1")
    before = known(*entries, horizon=Horizon(as_of=1000, recorded=39))
    assert said(before, "customer") == ("ACME",)


def test_what_nobody_saw_is_a_state_of_its_own() -> None:
    late = known(
        created(5_000_000, "inProgress", date="1970-01-01T00:00:02Z"), horizon=Horizon(as_of=10**7, recorded=10**7)
    )
    assert (late.opened, late.states) == (2_000_000, ("notObserved", "inProgress"))
    first = known(created(5_000_000, date="1970-01-01T00:00:02Z"), horizon=Horizon(as_of=10**7, recorded=10**7))
    assert (first.begins, first.states) == ((2_000_000,), ("acknowledged",))


def test_late_records_find_their_place() -> None:
    entries = (
        created(),
        entry(STATE, 30, to="resolved"),
        entry(STATE, 20, recorded=40, to="inProgress", irregular=1),
    )
    timeline = known(*entries)
    assert timeline.states == ("acknowledged", "inProgress", "resolved")
    assert (timeline.disordered, timeline.irregular) == (1, 1)


def test_an_update_without_a_change_of_the_status_is_none() -> None:
    assert known(created(), entry(STATE, 20, to="inProgress"), entry(STATE, 30, to="inProgress")).begins == (
        10,
        20,
    )


def task(kind: str, *before: str) -> dict[str, Any]:
    entries = [{"task": {"@referredType": one}} for one in (*before, kind)]
    return {"trackingRecord": {"from": entries[:-1] or None, "to": entries}}


def test_a_task_acknowledges() -> None:
    noted = entry(ATTRIBUTE, 15, changes=task("ProblemAcknowledgement"))
    undone = entry(ATTRIBUTE, 12, changes=task("ProblemUnacknowledgement", "ProblemAcknowledgement"))
    work = entry(STATE, 20, to="inProgress")
    assert known(created(), noted, work).acknowledged == 15
    assert known(created(), undone, work).acknowledged == 20
    assert known(created()).acknowledged is None
    assert known(created(), entry(STATE, 20, to="cancelled")).acknowledged is None


def test_parties_are_counted_as_they_change() -> None:
    parties = ["a", "b", None, "b", "a"]
    entries = [entry(ATTRIBUTE, 20 + at, party=party, changes={}) for at, party in enumerate(parties)]
    assert known(created(), *entries).parties == ("a", "b", "a")


def test_a_dimension_is_read_where_the_settings_say() -> None:
    read = dimensions({"customer": ["relatedParty[role=owner].partyOrPartyRole.id", "note.author"]})
    document = {
        "relatedParty": DOCUMENT["relatedParty"],
        "note": [{"author": "b"}, {"author": "a"}, {"author": "b"}],
    }
    assert read.of(document, "desk", {})[NAMES.index("customer")] == ("a", "b")
    assert read.of({}, "desk", {})[NAMES.index("source")] == ("desk",)
    with pytest.raises(InvalidSettings, match=r"dimensions\.customer"):
        dimensions({"customer": ["no path"]})


@pytest.mark.parametrize(
    ("path", "document", "values"),
    [
        ("a", {"a": "x"}, ("x",)),
        ("a", {"a": 7}, ("7",)),
        ("a", {"a": ["y", "x", ["z"], None, "", "y"]}, ("x", "y")),
        ("a", {"a": {"b": "x"}}, ("unknown",)),
        ("a.b", {"a": {"b": "x"}}, ("x",)),
        ("a.b", {"a": "x"}, ("unknown",)),
        ("a.b", {"a": [{"b": "x"}, {"b": ["z", "y"]}, {}, "b"]}, ("x", "y", "z")),
        ("a[k=1].b", {"a": [{"k": 1, "b": "x"}, {"k": "1", "b": "y"}, {"k": 2, "b": "z"}, 1]}, ("x", "y")),
        ("a[k=v].b", {"a": [{"k": ["u", "v"], "b": "x"}]}, ("x",)),
        ("a[k=v].b", {"a": {"k": "v", "b": "x"}}, ("x",)),
        ("a[k=v].b", {"a": {"k": "u", "b": "x"}}, ("unknown",)),
        ("a.b[k=v]", {"a": {"b": [{"k": "v"}]}}, ("unknown",)),
        ("a.b[k=v].c", {"a": [{"b": [{"k": "v", "c": "x"}, {"c": "y"}]}]}, ("x",)),
    ],
)
def test_a_path_leads_through_objects_and_lists(path: str, document: Any, values: tuple[str, ...]) -> None:
    read = dimensions({"customer": ["none", path]})
    assert read.of(document, None, {})[NAMES.index("customer")] == values
