"""Tasks on a real store: what they do with the reports they name, and that nothing is ever half done."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.errors import Conflict, InvalidInput
from hub.model.caller import Caller
from hub.model.event import EventType
from hub.model.problem import Document, Problem, Status
from hub.model.task import TaskKind
from hub.model.times import to_text
from hub.problems.edits import merge_edit
from hub.problems.ownership import Ownership
from hub.query.ownership import PARTY_PATHS
from tests.fakes.listener import Listener
from tests.rooms import FACE, NOON, Desk, Exchange, TurningClock, grouping, open_store, references, until

ATTRIBUTE = EventType.ATTRIBUTE_VALUE_CHANGE
WEBER = Caller(name="weber", scopes=frozenset({"*"}))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = open_store(tmp_path)
    yield Desk(store, TurningClock())
    store.close()


def named(desk: Desk, problem: Problem, side: str) -> list[str]:
    return [one["id"] for one in desk.kept(problem).document.get(side, [])]


def links(desk: Desk, problem: Problem) -> tuple[list[str], list[str]]:
    """(parents, children) of a report."""
    return named(desk, problem, "parentProblem"), named(desk, problem, "underlyingProblem")


def results(document: Document) -> list[str]:
    return [one["result"] for one in document["outcome"]]


def written(desk: Desk) -> tuple[int, ...]:
    """How much there is of everything that a task may write."""
    tables = ("problem", "problem_record", "event", "task")
    return tuple(desk.store.read.connection.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in tables)


def refusal(desk: Desk, kind: TaskKind, given: Document) -> dict[str, tuple[Any, str]]:
    """{field: (value, message)} of a task that is refused; fails when it left a trace."""
    before = written(desk)
    with pytest.raises((InvalidInput, Conflict)) as refused:
        desk.perform(kind, given)
    assert written(desk) == before
    return {one.field: (one.value, one.message) for one in refused.value.violations}


# -- acknowledgement


def test_an_acknowledgement_leaves_an_entry_and_the_status(desk: Desk) -> None:
    first, second = desk.create(), desk.create()
    task = desk.perform(TaskKind.ACKNOWLEDGEMENT, {"problem": references(first, second)}, caller=WEBER)
    for problem in (first, second):
        kept = desk.kept(problem)
        assert kept.status is Status.ACKNOWLEDGED
        assert kept.document["trackingRecord"] == [
            {
                "@type": "TrackingRecord",
                "id": task.id,
                "description": "acknowledge",
                "systemId": "qos-hub",
                "time": to_text(NOON),
                "user": "weber",
                "actor": "weber",
                "task": {
                    "@type": "TaskRef",
                    "id": task.id,
                    "href": f"{FACE}/problemAcknowledgement/{task.id}",
                    "@referredType": "ProblemAcknowledgement",
                },
            }
        ]
    assert results(task.document) == ["acknowledged", "acknowledged"]
    assert [one["id"] for one in task.document["ackProblem"]] == [first.id, second.id]


def test_an_entry_has_the_words_of_the_client_and_the_name_of_the_caller(desk: Desk) -> None:
    problem = desk.create()
    said = {
        "@type": "TrackingRecord",
        "description": "yyy ack the problem",
        "systemId": "xxxx",
        "time": "2014-12-20T17:00:00Z",
        "user": "NP1",
        "characteristic": [{"@type": "StringCharacteristic", "name": "shift", "value": "night"}],
    }
    forged = {"id": "mine", "actor": "noc", "actorParty": "org-1", "task": {"id": "4711"}}
    given = {"problem": references(problem), "trackingRecord": said | forged}
    task = desk.perform(TaskKind.ACKNOWLEDGEMENT, given, caller=replace(WEBER, party="org-311"))
    (entry,) = desk.kept(problem).document["trackingRecord"]
    assert {name: entry[name] for name in said} == said
    assert (entry["id"], entry["task"]["id"]) == (task.id, task.id)
    assert (entry["actor"], entry["actorParty"]) == ("weber", "org-311")
    assert task.document["trackingRecord"] == said | {"id": "mine"}
    assert results(desk.acknowledge(problem).document) == ["unchanged"]
    assert results(desk.unacknowledge(problem).document) == ["unacknowledged"]


@pytest.mark.parametrize("kind", ["ProblemAcknowledgement", "ProblemUnacknowledgement", "evil"])
def test_a_reporter_cannot_feign_an_acknowledgement(desk: Desk, kind: str) -> None:
    forged = {"@type": "TrackingRecord", "description": "acknowledge", "user": "evil", "actor": "noc"}
    problem = desk.create(trackingRecord=[forged | {"task": {"id": "4711", "@referredType": kind}}])
    (kept,) = desk.kept(problem).document["trackingRecord"]
    assert kept == {name: forged[name] for name in ("@type", "description", "user")}
    assert results(desk.unacknowledge(problem).document) == ["unchanged"]
    assert results(desk.acknowledge(problem).document) == ["acknowledged"]


def test_what_is_acknowledged_already_stays_as_it_is(desk: Desk) -> None:
    old, new = desk.create(), desk.create()
    desk.acknowledge(old)
    before = desk.kept(old)
    task = desk.acknowledge(old, new)
    assert desk.kept(old) == before
    assert results(task.document) == ["unchanged", "acknowledged"]
    assert [one["id"] for one in task.document["ackProblem"]] == [old.id, new.id]


def test_a_note_can_be_taken_back_and_given_again(desk: Desk) -> None:
    problem = desk.create()
    assert results(desk.unacknowledge(problem).document) == ["unchanged"]
    assert results(desk.acknowledge(problem).document) == ["acknowledged"]
    assert results(desk.unacknowledge(problem).document) == ["unacknowledged"]
    assert results(desk.acknowledge(problem).document) == ["acknowledged"]
    entries = desk.kept(problem).document["trackingRecord"]
    assert [one["description"] for one in entries] == ["acknowledge", "unacknowledge", "acknowledge"]


def test_entries_of_another_kind_say_nothing_of_it(desk: Desk) -> None:
    problem = desk.create(trackingRecord=[{"@type": "TrackingRecord", "description": "clear"}])
    assert results(desk.acknowledge(problem).document) == ["acknowledged"]
    assert len(desk.kept(problem).document["trackingRecord"]) == 2


def test_a_report_at_its_end_is_acknowledged_as_any_other(desk: Desk) -> None:
    problem = desk.create()
    desk.patch(problem, status="cancelled")
    assert results(desk.acknowledge(problem).document) == ["acknowledged"]
    assert desk.kept(problem).status is Status.CANCELLED


# -- grouping


def test_a_grouping_stands_on_both_sides(desk: Desk) -> None:
    parent, one, two = desk.create(), desk.create(), desk.create()
    task = desk.group(parent, one, two)
    assert links(desk, parent) == ([], [one.id, two.id])
    assert links(desk, one) == links(desk, two) == ([parent.id], [])
    href = f"{FACE}/serviceProblem/{parent.id}"
    reference = {"@type": "ServiceProblemRef", "id": parent.id, "href": href}
    assert desk.kept(one).document["parentProblem"] == [reference]
    assert results(task.document) == ["grouped", "grouped"]
    assert task.document["parentProblem"] == reference


def test_an_ungrouping_removes_both_sides_and_leaves_the_others(desk: Desk) -> None:
    parent, one, two = desk.create(), desk.create(), desk.create()
    desk.group(parent, one, two)
    task = desk.ungroup(parent, one)
    assert links(desk, parent) == ([], [two.id])
    assert "parentProblem" not in desk.kept(one).document
    assert results(task.document) == ["ungrouped"]
    desk.ungroup(parent, two)
    assert "underlyingProblem" not in desk.kept(parent).document


def test_what_is_there_already_is_unchanged(desk: Desk) -> None:
    parent, one, two = desk.create(), desk.create(), desk.create()
    desk.group(parent, one)
    assert results(desk.group(parent, one, two).document) == ["unchanged", "grouped"]
    assert results(desk.ungroup(one, two).document) == ["unchanged"]
    assert links(desk, parent) == ([], [one.id, two.id])


def test_a_report_may_have_several_parents_and_be_one(desk: Desk) -> None:
    top, other, middle, low = (desk.create() for _ in range(4))
    desk.group(top, middle)
    desk.group(other, middle)
    desk.group(middle, low)
    assert links(desk, middle) == ([top.id, other.id], [low.id])


def test_a_link_that_stands_on_one_side_only_is_made_whole_and_removed_whole(desk: Desk) -> None:
    parent, child = desk.create(), desk.create()

    def half(tables: Any) -> None:
        tables.connection.execute(
            "UPDATE problem SET document = json_set(document, '$.underlyingProblem', json(?)) WHERE id = ?",
            (f'[{{"id":"{child.id}"}}]', parent.id),
        )

    desk.store.write(half)
    assert results(desk.group(parent, child).document) == ["grouped"]
    assert links(desk, child) == ([parent.id], [])
    assert links(desk, parent) == ([], [child.id])
    desk.store.write(half)
    assert results(desk.ungroup(parent, child).document) == ["ungrouped"]
    assert links(desk, child) == links(desk, parent) == ([], [])


def test_a_circle_is_refused_at_every_length(desk: Desk) -> None:
    top, middle, low, free = (desk.create() for _ in range(4))
    desk.group(top, middle)
    desk.group(middle, low)
    found = refusal(desk, TaskKind.GROUP, grouping(low, free, top))
    assert found == {"childProblem[1].id": (top.id, f"is above {low.id}, and cannot be below it too")}
    assert list(refusal(desk, TaskKind.GROUP, grouping(middle, top))) == ["childProblem[0].id"]
    found = refusal(desk, TaskKind.GROUP, grouping(top, free, top))
    assert found == {"childProblem[1].id": (top.id, "names the same report as parentProblem")}
    assert links(desk, free) == ([], [])


# -- what a task names


def test_a_report_is_named_by_its_address_too(desk: Desk) -> None:
    problems = [desk.create() for _ in range(4)]
    path = "/tmf-api/serviceProblemManagement"
    given: list[Document] = [
        {"href": f"{FACE}/serviceProblem/{problems[0].id}"},
        {"href": f"{path}/v5/serviceProblem/{problems[1].id}"},
        {"href": f"http://127.0.0.1:8080{path}/v4/serviceProblem/{problems[2].id}"},
        {
            "id": problems[3].id,
            "href": f"https://outside.example.com/hub/serviceProblem/{problems[3].id}",
            "name": "x",
        },
    ]
    task = desk.perform(TaskKind.ACKNOWLEDGEMENT, {"problem": given})
    assert [one["id"] for one in task.document["problem"]] == [one.id for one in problems]
    assert task.document["problem"][3] == {
        "@type": "ServiceProblemRef",
        "id": problems[3].id,
        "href": f"{FACE}/serviceProblem/{problems[3].id}",
        "name": "x",
    }


def test_all_that_is_wrong_with_the_references_is_told_at_once(desk: Desk) -> None:
    one, two = desk.create(), desk.create()
    given: list[Document] = [
        {"id": one.id},
        {"id": "4711"},
        {"id": one.id},
        {"name": "ring"},
        {"id": two.id, "href": f"{FACE}/serviceProblem/{one.id}"},
        {"href": f"https://elsewhere.example.com/serviceProblem/{two.id}"},
        {"href": f"{FACE}/problemGroup/{two.id}"},
        {"href": f"{FACE}/serviceProblem/4712"},
    ]
    assert refusal(desk, TaskKind.ACKNOWLEDGEMENT, {"problem": given}) == {
        "problem[1].id": ("4711", "no service problem 4711"),
        "problem[2].id": (one.id, "names the same report as problem[0]"),
        "problem[3].id": (None, "is missing; name the report by its id or its href"),
        "problem[4].href": (given[4]["href"], f"is the address of another report than {two.id}"),
        "problem[5].href": (given[5]["href"], "is no address of a report here"),
        "problem[6].href": (given[6]["href"], "is no address of a report here"),
        "problem[7].id": ("4712", "no service problem 4712"),
    }


def test_one_report_that_is_not_there_leaves_all_as_they_are(desk: Desk) -> None:
    parent, child = desk.create(), desk.create()
    assert list(refusal(desk, TaskKind.GROUP, grouping(parent, child, "gone"))) == ["childProblem[1].id"]
    assert list(refusal(desk, TaskKind.UNGROUP, grouping("gone", child))) == ["parentProblem.id"]
    assert links(desk, parent) == links(desk, child) == ([], [])


def test_a_report_of_another_party_is_as_one_that_is_not_there(desk: Desk) -> None:
    mine = desk.create()
    theirs = desk.create(originatorParty={"role": "supplier", "partyOrPartyRole": {"id": "org-9"}})
    owner = Ownership("org-311", PARTY_PATHS)
    caller = Caller(name="elbe", scopes=frozenset(), party="org-311")
    with pytest.raises(InvalidInput) as refused:
        desk.perform(TaskKind.GROUP, grouping(mine, theirs), caller=caller, owner=owner)
    (violation,) = refused.value.violations
    assert (violation.field, violation.message) == ("childProblem[0].id", f"no service problem {theirs.id}")
    task = desk.perform(TaskKind.ACKNOWLEDGEMENT, {"problem": references(mine)}, caller=caller, owner=owner)
    tasks = desk.store.read.tasks
    assert tasks.document(task.kind, task.id, party="org-311") is not None
    assert tasks.document(task.kind, task.id, party="org-9") is None
    assert tasks.count(task.kind, None, party="org-9") == 0
    assert [one for one, _ in tasks.page(task.kind, None, party="org-311", limit=9).rows] == [task.id]


def test_a_party_is_compared_as_a_text(desk: Desk) -> None:
    caller = Caller(name="seven", scopes=frozenset(), party="7")
    task = desk.perform(TaskKind.ACKNOWLEDGEMENT, {"problem": references(desk.create())}, caller=caller)
    assert desk.store.read.tasks.count(task.kind, None, party="007") == 0
    assert desk.store.read.tasks.count(task.kind, None, party="7") == 1


# -- history and events


def test_a_change_by_a_task_has_its_record_its_event_and_its_actor(desk: Desk) -> None:
    parent, child = desk.create(), desk.create()
    desk.perform(TaskKind.GROUP, grouping(parent, child), caller=WEBER)
    for problem, side in ((parent, "underlyingProblem"), (child, "parentProblem")):
        record = desk.history(problem)[-1]
        assert (record.event_type, record.actor, record.sequence) == (ATTRIBUTE, "weber", 2)
        assert record.changes.keys() == {side}
    assert desk.told()[-4:] == [
        (EventType.GROUP_CREATE, 1),
        (ATTRIBUTE, 2),
        (ATTRIBUTE, 2),
        (EventType.GROUP_STATE_CHANGE, 2),
    ]


def test_the_events_of_a_task_are_of_the_task(desk: Desk) -> None:
    problem = desk.create()
    task = desk.acknowledge(problem)
    asked, done = (one for one in desk.envelopes() if one["eventType"].startswith("ProblemAck"))
    assert (asked["sequence"], done["sequence"]) == (1, 2)
    assert asked["event"]["problemAcknowledgement"]["state"] == "acknowledged"
    assert "outcome" not in asked["event"]["problemAcknowledgement"]
    href = f"{FACE}/problemAcknowledgement/{task.id}"
    assert done["event"]["problemAcknowledgement"] == {"id": task.id, "href": href, **task.document}
    assert task.document["state"] == "done"


def test_a_task_waits_in_no_line_of_a_report(desk: Desk) -> None:
    desk.acknowledge(desk.create())
    subjects = {one.event.problem_id: one.problem for one in desk.queued()}
    assert len(set(subjects.values())) == 2
    assert min(subjects.values()) < 0 < max(subjects.values())


def test_a_task_that_changes_nothing_says_so_and_tells_of_no_report(desk: Desk) -> None:
    problem = desk.create()
    desk.unacknowledge(problem)
    assert [kind for kind, _ in desk.told()[1:]] == [
        EventType.UNACKNOWLEDGEMENT_CREATE,
        EventType.UNACKNOWLEDGEMENT_STATE_CHANGE,
    ]
    assert len(desk.history(problem)) == 1


def test_what_a_client_says_of_the_outcome_is_not_read(desk: Desk) -> None:
    problem = desk.create()
    task = desk.acknowledge(
        problem, id="mine", href="mine", state="terminatedWithError", ackProblem=[], outcome=[], priority="kept"
    )
    assert task.id != "mine"
    assert (task.document["state"], task.document["priority"]) == ("done", "kept")
    assert results(task.document) == ["acknowledged"]


def test_a_listener_of_a_party_is_told_of_its_reports_and_of_no_task(desk: Desk, tmp_path: Path) -> None:
    caller = Caller(name="elbe", scopes=frozenset(), party="org-311")
    problem = desk.create()
    with Listener() as listener:
        exchange = Exchange(desk.store, tmp_path)
        exchange.register(listener.url("/party"), caller=caller)
        exchange.register(listener.url("/all"))
        exchange.start()
        desk.acknowledge(problem)
        listener.wait_for(3, "/all")
        listener.wait_for(1, "/party")
        until(lambda: len(exchange.log()) == 4)
        exchange.close()
        told = [orjson.loads(one.body)["eventType"] for one in listener.received("/party")]
    assert told == [ATTRIBUTE]


# -- links that a client writes itself


def test_a_link_that_a_client_writes_stands_on_both_sides(desk: Desk) -> None:
    parent = desk.create()
    child = desk.create(parentProblem=[{"id": parent.id}])
    assert links(desk, parent) == ([], [child.id])
    other = desk.create()
    desk.patch(other, underlyingProblem=[{"id": child.id}])
    assert links(desk, child) == ([parent.id, other.id], [])
    desk.patch(child, parentProblem=[{"id": other.id}])
    assert links(desk, parent) == ([], [])
    desk.patch(other, underlyingProblem=None)
    assert links(desk, child) == ([], [])
    assert desk.history(parent)[-1].changes.keys() == {"underlyingProblem"}


@pytest.mark.parametrize("side", ["parentProblem", "underlyingProblem"])
@pytest.mark.parametrize("is_here", [True, False])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_link_that_a_client_writes_twice_is_refused(desk: Desk, side: str, is_here: bool, is_new: bool) -> None:
    problem, other, third = desk.create(), desk.create(), desk.create()
    id = other.id if is_here else "4711"
    twice = {side: [{"id": id}, {"id": third.id}, {"id": id, "href": f"{FACE}/serviceProblem/{id}"}]}
    before = written(desk)
    with pytest.raises(InvalidInput) as refused:
        desk.create(**twice) if is_new else desk.patch(problem, **twice)
    assert [(one.field, one.value, one.message) for one in refused.value.violations] == [
        (f"{side}[2].id", id, f"names the same report as {side}[0]")
    ]
    assert written(desk) == before


def test_a_child_can_become_the_parent_in_one_patch(desk: Desk) -> None:
    one, two = desk.create(), desk.create()
    desk.group(one, two)
    desk.patch(one, underlyingProblem=None, parentProblem=[{"id": two.id}])
    assert links(desk, one) == ([two.id], [])
    assert links(desk, two) == ([], [one.id])


def test_a_reference_to_another_system_is_a_word_and_no_link(desk: Desk) -> None:
    problem = desk.create(
        parentProblem=[{"id": "4711"}, {"id": "4712", "href": "https://elsewhere.example.com/4712"}]
    )
    assert named(desk, problem, "parentProblem") == ["4711", "4712"]
    desk.delete(problem)


@pytest.mark.parametrize("side", ["parentProblem", "underlyingProblem"])
def test_a_patch_that_closes_a_circle_is_refused(desk: Desk, side: str) -> None:
    top, middle, low = (desk.create() for _ in range(3))
    desk.group(top, middle)
    desk.group(middle, low)
    changed, named_there = (top, low) if side == "parentProblem" else (low, top)
    before = written(desk)
    with pytest.raises(Conflict) as refused:
        desk.patch(changed, **{side: [{"id": named_there.id}]})
    assert [(one.field, one.value) for one in refused.value.violations] == [(f"{side}[0].id", named_there.id)]
    with pytest.raises(Conflict):
        desk.patch(top, **{side: [{"id": top.id}]})
    with pytest.raises(Conflict):
        desk.create(parentProblem=[{"id": low.id}], underlyingProblem=[{"id": top.id}])
    assert written(desk) == before


def test_a_circle_that_a_trouble_system_tells_is_refused_as_not_valid(desk: Desk) -> None:
    ticket = desk.upsert()
    below = desk.create(parentProblem=[{"id": ticket.id}])
    with pytest.raises(InvalidInput):
        desk.upsert(parentProblem=[{"id": below.id}])
    assert links(desk, ticket) == ([], [below.id])


def words_of(desk: Desk, mine: Problem, **sides: list[str] | None) -> Callable[[], Any]:
    """A patch of the links of a report by its party."""
    owner = Ownership("org-311", PARTY_PATHS)
    edit = merge_edit({side: ids and [{"id": one} for one in ids] for side, ids in sides.items()})
    return lambda: desk.store.write(lambda tables: desk.clients.patch(tables, mine.id, edit, owner=owner))


def theirs(desk: Desk) -> Problem:
    return desk.create(originatorParty={"role": "supplier", "partyOrPartyRole": {"id": "org-9"}})


def test_a_party_links_its_report_to_those_that_it_sees_only(desk: Desk) -> None:
    other, mine = theirs(desk), desk.create()
    words_of(desk, mine, parentProblem=[other.id])()
    assert links(desk, other) == ([], [])
    assert links(desk, mine) == ([other.id], [])


def test_a_party_says_of_others_reports_nothing_that_its_links_contradict(desk: Desk) -> None:
    top, over, low, lowest = (theirs(desk) for _ in range(4))
    mine, child = desk.create(), desk.create()
    for parent, below in ((top, over), (over, mine), (mine, low), (low, lowest), (child, theirs(desk))):
        desk.group(parent, below)
    under_child = named(desk, child, "underlyingProblem")
    before = written(desk)
    for side, one in (
        ("underlyingProblem", over.id),
        ("underlyingProblem", top.id),
        ("parentProblem", low.id),
        ("parentProblem", lowest.id),
    ):
        with pytest.raises(Conflict) as refused:
            words_of(desk, mine, **{side: [one]})()
        assert [(each.field, each.value) for each in refused.value.violations] == [(f"{side}[0].id", one)]
    with pytest.raises(Conflict):
        words_of(desk, mine, parentProblem=under_child, underlyingProblem=[child.id])()
    assert written(desk) == before


def test_a_party_is_not_told_whether_others_reports_are_there_or_linked(desk: Desk) -> None:
    over, under = theirs(desk), theirs(desk)
    desk.group(over, under)
    mine = desk.create()
    for one in (over.id, "unknown"):
        words_of(desk, mine, parentProblem=[one], underlyingProblem=[one])()
        assert links(desk, mine) == ([one], [one])
    words_of(desk, mine, parentProblem=[under.id], underlyingProblem=[over.id])()
    assert links(desk, mine) == ([under.id], [over.id])
    assert links(desk, over) == ([], [under.id])


def test_a_report_that_is_deleted_is_named_by_no_other(desk: Desk) -> None:
    top, middle, low = (desk.create() for _ in range(3))
    desk.group(top, middle)
    desk.group(middle, low)
    desk.delete(middle)
    assert links(desk, top) == links(desk, low) == ([], [])
    assert desk.history(low)[-1].changes["parentProblem"]["to"] is None
    assert desk.told()[-3] == (EventType.DELETE, 4)


# -- many


def statements_for(desk: Desk, children: int) -> int:
    """How many statements one grouping of so many children runs."""
    parent = desk.create()
    made = [desk.create() for _ in range(children)]
    seen: list[str] = []

    def counted(tables: Any) -> None:
        tables.connection.set_trace_callback(seen.append)
        try:
            desk.tasks.perform(tables, grouping(parent, *made), kind=TaskKind.GROUP, caller=WEBER)
        finally:
            tables.connection.set_trace_callback(None)

    desk.store.write(counted)
    assert len(links(desk, parent)[1]) == children
    return len(seen)


def test_the_work_of_a_grouping_grows_with_its_children_and_no_faster(desk: Desk) -> None:
    few, some, many = (statements_for(desk, children) for children in (1, 251, 501))
    assert many - some == some - few
