"""The rules of a report on a real store: document, history and events always say the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.errors import IllegalTransition, InvalidInput, NotFound
from hub.model.event import EventType
from hub.model.problem import Document, Status
from hub.model.times import to_micros, to_text
from tests.rooms import FACE, NOON, Desk, TurningClock, make_rules, open_store, report

CREATE = EventType.CREATE.value
STATE = EventType.STATE_CHANGE.value
ATTRIBUTE = EventType.ATTRIBUTE_VALUE_CHANGE.value
ASKS = EventType.INFORMATION_REQUIRED.value
DELETE = EventType.DELETE.value


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = open_store(tmp_path)
    yield Desk(store, TurningClock())
    store.close()


def test_a_new_report_is_acknowledged_and_dated_by_the_server(desk: Desk) -> None:
    problem = desk.create(lastUpdate="1999-01-01T00:00:00Z", id="mine", href="mine")
    document = desk.kept(problem).document
    assert document["status"] == "acknowledged"
    assert {document[name] for name in ("creationDate", "lastUpdate", "statusChangeDate")} == {to_text(NOON)}
    assert "resolutionDate" not in document
    assert problem.id != "mine"
    assert not {"id", "href"} & document.keys()


def test_a_new_report_is_given_what_it_does_not_say(desk: Desk) -> None:
    document = desk.create().document
    assert document["originatingSystem"] == "qos-hub"
    assert document["affectedNumberOfServices"] == 0
    assert desk.create(originatingSystem="noc-7").document["originatingSystem"] == "noc-7"


def test_a_new_report_gives_one_record_and_one_event_of_the_same_id(desk: Desk) -> None:
    problem = desk.create()
    (record,) = desk.history(problem)
    (queued,) = desk.queued()
    assert record.id == queued.event.id
    assert (record.event_type, record.to_status, record.from_status) == (CREATE, Status.ACKNOWLEDGED, None)
    assert (record.event_time, record.record_time) == (to_micros(NOON), to_micros(NOON))
    assert desk.told() == [(CREATE, 1)]


def test_an_event_holds_the_whole_report_as_it_was_then(desk: Desk) -> None:
    problem = desk.create(name="first")
    desk.patch(problem, name="second")
    first, second = desk.envelopes()
    assert "fieldPath" not in first
    assert second["fieldPath"] == "name"
    assert first["event"]["serviceProblem"]["name"] == "first"
    assert second["event"]["serviceProblem"]["name"] == "second"
    assert first["event"]["serviceProblem"]["id"] == problem.id
    assert first["event"]["serviceProblem"]["href"] == f"{FACE}/serviceProblem/{problem.id}"


def test_a_report_cannot_begin_in_the_middle(desk: Desk) -> None:
    with pytest.raises(IllegalTransition, match=r"a new report cannot be resolved, only acknowledged"):
        desk.create(status="resolved")
    assert desk.told() == []


def test_a_change_of_status_gives_one_event_with_its_reason(desk: Desk) -> None:
    problem = desk.create()
    desk.clock.turn(minutes=5)
    changed = desk.patch(problem, status="inProgress", statusChangeReason="a technician is on the way")
    assert desk.told() == [(CREATE, 1), (STATE, 2)]
    record = desk.history(problem)[-1]
    assert (record.from_status, record.to_status) == (Status.ACKNOWLEDGED, Status.IN_PROGRESS)
    assert record.reason == "a technician is on the way"
    assert record.changes.keys() == {"status", "statusChangeReason"}
    later = to_text(NOON + timedelta(minutes=5))
    assert (changed.document["statusChangeDate"], changed.document["lastUpdate"]) == (later, later)
    assert changed.document["creationDate"] == to_text(NOON)


def test_a_new_report_can_say_since_when_it_is_there(desk: Desk) -> None:
    problem = desk.create(creationDate="2026-02-28T23:30:00.1234+02:00")
    kept = desk.kept(problem).document
    since = "2026-02-28T21:30:00.123Z"
    assert (kept["creationDate"], kept["statusChangeDate"], kept["lastUpdate"]) == (since, since, to_text(NOON))
    (record,) = desk.history(problem)
    assert record.event_time == to_micros(datetime(2026, 2, 28, 21, 30, 0, 123400, tzinfo=UTC))
    assert record.record_time == to_micros(NOON)
    (envelope,) = desk.envelopes()
    assert (envelope["eventTime"], envelope["recordTime"]) == (since, to_text(NOON))
    ahead = desk.create(creationDate=to_text(NOON + timedelta(minutes=5)))
    assert desk.kept(ahead).document["creationDate"] == to_text(NOON)
    moved = desk.create(creationDate="2026-02-28T00:00:00Z", statusChangeDate="2026-02-28T08:00:00Z")
    assert moved.document["statusChangeDate"] == "2026-02-28T08:00:00.000Z"


def test_a_change_of_status_has_the_time_that_the_client_says(desk: Desk) -> None:
    problem = desk.create(creationDate="2026-02-01T00:00:00Z")
    for status, name, at in (
        ("inProgress", "statusChangeDate", "2026-02-02T08:00:00Z"),
        ("resolved", "resolutionDate", "2026-02-03T08:00:00Z"),
        ("closed", "statusChangeDate", "2026-02-04T08:00:00Z"),
    ):
        desk.patch(problem, **{"status": status, name: at})
        kept, record = desk.kept(problem).document, desk.history(problem)[-1]
        assert kept["statusChangeDate"] == at.replace("Z", ".000Z")
        assert kept["lastUpdate"] == to_text(NOON)
        assert record.event_time == to_micros(datetime.fromisoformat(at))
        assert record.record_time == to_micros(NOON)
    assert kept["resolutionDate"] == "2026-02-03T08:00:00.000Z"
    desk.patch(problem, **{**kept, "status": "inProgress"})
    assert desk.kept(problem).document["statusChangeDate"] == to_text(NOON)
    assert "resolutionDate" not in desk.kept(problem).document


def test_the_creation_date_can_be_corrected(desk: Desk) -> None:
    problem = desk.create()
    desk.patch(problem, creationDate="2026-02-28T12:00:00+00:00")
    assert desk.kept(problem).document["creationDate"] == "2026-02-28T12:00:00.000Z"
    assert desk.history(problem)[-1].changes == {
        name: {"from": to_text(NOON), "to": "2026-02-28T12:00:00.000Z"}
        for name in ("creationDate", "statusChangeDate")
    }
    assert desk.told() == [(CREATE, 1), (ATTRIBUTE, 2)]
    assert desk.kept(problem).document["statusChangeDate"] == "2026-02-28T12:00:00.000Z"
    desk.patch(problem, creationDate="2026-02-28T13:00:00+01:00", lastUpdate="2020-01-01T00:00:00Z")
    assert desk.told() == [(CREATE, 1), (ATTRIBUTE, 2)]


WRONG_DATES = [
    ({"creationDate": "2026-03-01T12:05:01Z"}, "creationDate", "lies in the future"),
    ({"creationDate": "2026-03-01T11:30:00Z"}, "creationDate", "lies after the statusChangeDate"),
    ({"creationDate": "yesterday"}, "creationDate", "a time with its zone"),
    ({"creationDate": 7}, "creationDate", "a time with its zone"),
    ({"statusChangeDate": "2026-03-01T11:30:00Z"}, "statusChangeDate", "comes with a change of the status only"),
    ({"resolutionDate": "2026-03-01T11:30:00Z"}, "resolutionDate", "change of the status to resolved only"),
    ({"status": "inProgress", "statusChangeDate": "2026-03-01T12:06:00Z"}, "statusChangeDate", "in the future"),
    ({"status": "inProgress", "statusChangeDate": "2026-03-01T09:59:00Z"}, "statusChangeDate", "lies before the"),
    (
        {"status": "inProgress", "statusChangeDate": "2026-03-01T10:30:00Z"},
        "statusChangeDate",
        "before the last",
    ),
    ({"status": "inProgress", "resolutionDate": "2026-03-01T11:59:00Z"}, "resolutionDate", "to resolved only"),
]


@pytest.mark.parametrize(("patch", "field", "sentence"), WRONG_DATES)
def test_a_date_that_cannot_be_is_refused_by_name(desk: Desk, patch: Document, field: str, sentence: str) -> None:
    hours = [to_text(NOON - timedelta(hours=back)) for back in (2, 1)]
    problem = desk.create(creationDate=hours[0], statusChangeDate=hours[1])
    with pytest.raises(InvalidInput) as refused:
        desk.patch(problem, **patch)
    violations = {one.field: one.message for one in refused.value.violations}
    assert sentence in violations[field]
    assert desk.kept(problem) == problem


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"creationDate": "2026-03-01T12:05:01Z"}, "creationDate"),
        ({"statusChangeDate": "2026-03-01T11:00:00Z"}, "statusChangeDate"),
        ({"creationDate": "2026-03-01T11:00:00Z", "statusChangeDate": "2026-03-01T10:00:00Z"}, "statusChangeDate"),
    ],
)
def test_a_new_report_with_dates_that_cannot_be_is_refused(desk: Desk, given: Document, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.create(**given)
    assert [one.field for one in refused.value.violations] == [field]


def test_a_change_of_an_attribute_leaves_the_date_of_the_status(desk: Desk) -> None:
    problem = desk.create()
    desk.clock.turn(minutes=5)
    changed = desk.patch(problem, priority=1)
    assert desk.told() == [(CREATE, 1), (ATTRIBUTE, 2)]
    assert changed.document["statusChangeDate"] == to_text(NOON)
    assert changed.document["lastUpdate"] == to_text(NOON + timedelta(minutes=5))
    assert desk.history(problem)[-1].changes == {"priority": {"from": 2, "to": 1}}
    assert desk.kept(problem).document["priority"] == 1


def test_a_change_of_both_gives_both_events_the_status_first(desk: Desk) -> None:
    problem = desk.create()
    desk.patch(problem, priority=1, status="inProgress")
    assert desk.told() == [(CREATE, 1), (STATE, 2), (ATTRIBUTE, 3)]
    state, attribute = desk.history(problem)[1:]
    assert state.changes.keys() == {"status"}
    assert attribute.changes.keys() == {"priority"}


def test_entering_pending_asks_for_information(desk: Desk) -> None:
    problem = desk.create()
    desk.patch(problem, status="inProgress")
    desk.patch(problem, status="pending", name="which line?")
    assert desk.told()[2:] == [(STATE, 3), (ATTRIBUTE, 4), (ASKS, 5)]
    asked = desk.envelopes()[-1]["event"]["informationRequired"]
    assert [operation["path"] for operation in asked] == [
        "/affectedService",
        "/affectedResource",
        "/affectedLocation",
        "/note",
    ]


def test_a_pending_report_that_names_its_service_is_only_asked_for_a_note(desk: Desk) -> None:
    problem = desk.create(affectedService=[{"@type": "ServiceRef", "id": "svc-1"}])
    desk.patch(problem, status="inProgress")
    desk.patch(problem, status="pending")
    assert desk.envelopes()[-1]["event"]["informationRequired"] == [{"op": "add", "path": "/note"}]


NOTHING = [
    {},
    {"priority": 2},
    {"status": "acknowledged"},
    {"name": None},
    {"lastUpdate": "2031-01-01T00:00:00Z", "creationDate": None},
    {"originatorParty": {"role": "supplier"}},
]


@pytest.mark.parametrize("patch", NOTHING, ids=str)
def test_what_changes_nothing_writes_nothing(desk: Desk, patch: dict[str, object]) -> None:
    problem = desk.create()
    desk.clock.turn(hours=1)
    desk.patch(problem, **patch)
    assert desk.told() == [(CREATE, 1)]
    assert len(desk.history(problem)) == 1
    assert desk.kept(problem) == problem


def test_a_member_is_merged_and_null_removes(desk: Desk) -> None:
    problem = desk.create(name="ring", reason="Unknown")
    changed = desk.patch(problem, name=None, originatorParty={"role": "carrier"})
    assert "name" not in changed.document
    assert changed.document["originatorParty"]["role"] == "carrier"
    assert changed.document["originatorParty"]["partyOrPartyRole"]["id"] == "org-311"


ILLEGAL = [
    ((), "resolved", "a report that is acknowledged cannot be resolved, only inProgress or rejected or cancelled"),
    (("rejected",), "inProgress", "a report that is rejected cannot be inProgress, only no other state"),
    (("inProgress",), "acknowledged", "only held or pending or resolved or cancelled"),
    (("inProgress", "resolved"), "cancelled", "only closed or inProgress"),
]


@pytest.mark.parametrize(("steps", "wanted", "sentence"), ILLEGAL)
def test_an_illegal_step_of_a_client_is_refused_and_changes_nothing(
    desk: Desk, steps: tuple[str, ...], wanted: str, sentence: str
) -> None:
    problem = desk.create()
    for step in steps:
        desk.patch(problem, status=step)
    before, told = desk.kept(problem), desk.told()
    with pytest.raises(IllegalTransition, match=sentence):
        desk.patch(problem, status=wanted, priority=1)
    assert desk.kept(problem) == before
    assert desk.told() == told


FIXED = [
    {"firstAlert": {"@type": "FirstAlert"}},
    {"originatingSystem": "another"},
    {"originatingSystem": None},
    {"trackingRecord": []},
    {"id": "another"},
]


@pytest.mark.parametrize("patch", FIXED, ids=str)
def test_what_is_fixed_at_creation_cannot_be_patched(desk: Desk, patch: dict[str, object]) -> None:
    problem = desk.create()
    with pytest.raises(InvalidInput, match="cannot be changed after creation"):
        desk.patch(problem, **patch)
    assert desk.kept(problem) == problem


def test_a_client_may_send_back_what_it_has_read(desk: Desk) -> None:
    problem = desk.create(trackingRecord=[{"@type": "TrackingRecord", "description": "seen"}])
    whole = {"id": problem.id, "href": f"{FACE}/serviceProblem/{problem.id}", **problem.document}
    desk.patch(problem, **whole)
    assert desk.told() == [(CREATE, 1)]


def test_a_patch_that_leaves_the_report_invalid_names_every_violation(desk: Desk) -> None:
    problem = desk.create()
    with pytest.raises(InvalidInput) as refused:
        desk.patch(problem, category=None, description=None)
    assert {violation.field for violation in refused.value.violations} == {"category", "description"}
    assert desk.kept(problem) == problem


def test_what_is_fixed_and_what_is_invalid_are_named_together(desk: Desk) -> None:
    problem = desk.create()
    with pytest.raises(InvalidInput) as refused:
        desk.patch(problem, originatingSystem="other", originatorParty={"partyOrPartyRole": {"id": None}})
    fields = [violation.field for violation in refused.value.violations]
    assert fields[0] == "originatingSystem"
    assert any(field.startswith("originatorParty") for field in fields)


def test_an_unknown_report_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no service problem 4711"):
        desk.patch("4711", priority=1)
    with pytest.raises(NotFound, match="no service problem 4711"):
        desk.delete("4711")


def test_a_deleted_report_leaves_its_history_and_tells_once(desk: Desk) -> None:
    problem = desk.create(name="ring")
    desk.delete(problem)
    assert desk.store.read.problems.get(problem.id) is None
    assert desk.told() == [(CREATE, 1), (DELETE, 2)]
    assert [record.event_type for record in desk.history(problem)] == [CREATE, DELETE]
    assert desk.envelopes()[-1]["event"]["serviceProblem"]["name"] == "ring"
    with pytest.raises(NotFound):
        desk.delete(problem)


def test_the_resolution_is_dated_and_the_date_goes_when_work_goes_on(desk: Desk) -> None:
    problem = desk.create()
    desk.patch(problem, status="inProgress")
    desk.clock.turn(hours=2)
    assert desk.patch(problem, status="resolved").document["resolutionDate"] == to_text(desk.clock.now)
    solved = to_text(desk.clock.now)
    desk.clock.turn(hours=2)
    assert desk.patch(problem, status="closed").document["resolutionDate"] == solved
    assert "resolutionDate" not in desk.patch(problem, status="inProgress").document


def test_the_history_numbers_each_change_of_a_report(desk: Desk) -> None:
    first, second = desk.create(), desk.create()
    desk.patch(first, status="inProgress", priority=1)
    desk.patch(second, priority=3)
    desk.delete(first)
    assert [record.sequence for record in desk.history(first)] == [1, 2, 3, 4]
    assert [record.sequence for record in desk.history(second)] == [1, 2]
    assert [record.id for record in desk.history(first)] == sorted(record.id for record in desk.history(first))


def test_a_ticket_becomes_a_report_once(desk: Desk) -> None:
    opened = NOON - timedelta(hours=3)
    problem = desk.upsert(at=opened, name="line down")
    desk.clock.turn(minutes=1)
    again = desk.upsert(at=opened, name="line down")
    assert again == problem
    assert (problem.source, problem.source_key) == ("helpdesk", "issue7")
    assert desk.told() == [(CREATE, 1)]
    (record,) = desk.history(problem)
    assert (record.event_time, record.record_time) == (to_micros(opened), to_micros(NOON))
    assert (record.source, record.source_status) == ("helpdesk", "new")
    assert problem.document["creationDate"] == to_text(opened)
    assert problem.document["lastUpdate"] == to_text(NOON)
    assert desk.envelopes()[0]["source"] == {"@type": "EntityRef", "id": "helpdesk"}


def test_two_tickets_are_two_reports(desk: Desk) -> None:
    assert desk.upsert(key="issue7").id != desk.upsert(key="issue8").id


def test_a_source_may_make_a_step_that_the_lifecycle_lacks_and_it_is_marked(desk: Desk) -> None:
    problem = desk.upsert()
    jumped = desk.upsert(status=Status.CLOSED, word="done", name="solved")
    assert jumped.status is Status.CLOSED
    state, attribute = desk.history(problem)[1:]
    assert (state.irregular, state.source_status) == (True, "done")
    assert (state.from_status, state.to_status) == (Status.ACKNOWLEDGED, Status.CLOSED)
    assert attribute.irregular is False


def test_a_step_of_a_source_that_comes_before_the_last_one_is_marked(desk: Desk) -> None:
    problem = desk.upsert(at=NOON - timedelta(minutes=5))
    earlier = NOON - timedelta(minutes=9)
    desk.upsert(status=Status.IN_PROGRESS, word="in-progress", at=earlier)
    assert [record.irregular for record in desk.history(problem)] == [False, True]
    assert desk.kept(problem).document["statusChangeDate"] == to_text(earlier)


def test_a_regular_step_of_a_source_is_not_marked(desk: Desk) -> None:
    problem = desk.upsert()
    desk.upsert(status=Status.IN_PROGRESS, word="in-progress")
    assert [record.irregular for record in desk.history(problem)] == [False, False]


def test_an_unknown_word_keeps_the_last_known_status(desk: Desk) -> None:
    desk.upsert(status=Status.IN_PROGRESS, word="in-progress")
    problem = desk.upsert(status=None, word="waiting-for-godot", name="changed")
    assert problem.status is Status.IN_PROGRESS
    assert desk.told()[1:] == [(ATTRIBUTE, 2)]


def test_a_ticket_whose_first_word_is_unknown_is_pending_and_asks(desk: Desk) -> None:
    problem = desk.upsert(status=None, word="waiting-for-godot")
    assert problem.status is Status.PENDING
    assert desk.told() == [(CREATE, 1), (ASKS, 2)]
    assert desk.kept(problem).sequence == 2


def test_a_ticket_that_is_first_seen_resolved_has_its_date(desk: Desk) -> None:
    opened = NOON - timedelta(days=1)
    problem = desk.upsert(status=Status.RESOLVED, word="resolved", at=opened)
    assert problem.document["resolutionDate"] == to_text(opened)
    assert desk.history(problem)[0].to_status is Status.RESOLVED


def test_a_report_was_created_when_its_ticket_was(desk: Desk) -> None:
    filed, changed = datetime(2026, 3, 1, 8, 0, tzinfo=UTC), datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    document = desk.upsert(status=Status.IN_PROGRESS, started=filed, at=changed).document
    assert document["creationDate"] == "2026-03-01T08:00:00.000Z"
    assert document["statusChangeDate"] == "2026-03-01T09:30:00.000Z"


def test_what_is_not_told_is_recorded_all_the_same(desk: Desk) -> None:
    problem = desk.upsert(told=False)
    assert desk.told() == []
    assert [record.sequence for record in desk.history(problem)] == [1]
    desk.upsert(status=Status.IN_PROGRESS, word="in-progress")
    assert desk.told() == [(STATE, 2)]


def test_a_ticket_that_does_not_fit_the_contract_is_refused_whole(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="priority"):
        desk.upsert(priority=11)
    problem = desk.upsert()
    with pytest.raises(InvalidInput, match="category"):
        desk.upsert(category="")
    assert desk.kept(problem) == problem
    assert desk.told() == [(CREATE, 1)]


def test_the_responsible_party_stands_in_the_record(desk: Desk) -> None:
    party = {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "resolver",
        "partyOrPartyRole": {"@type": "PartyRef", "id": "team-4"},
    }
    problem = desk.create(responsibleParty=party)
    assert desk.history(problem)[0].party == "team-4"


def test_a_report_that_only_differs_in_order_of_members_is_unchanged(desk: Desk) -> None:
    problem = desk.upsert(name="ring", reason="Unknown")
    turned = dict(reversed(list(report(name="ring", reason="Unknown").items())))
    desk.upsert(**turned)
    assert desk.kept(problem) == problem


def test_a_row_of_an_import_without_a_status_says_none() -> None:
    row = make_rules(TurningClock()).imports.row(report(status=None))
    assert "status" not in row.stated
    assert row.document["status"] == "acknowledged"
