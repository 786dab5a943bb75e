"""What is found becomes a report of the hub: raised once, joined, told, cleared and reviewed, over a real store."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hub.constraints import starting
from hub.constraints.expected import Expectations, read_expectations
from hub.constraints.publishing import Publisher
from hub.constraints.reviewing import Reviewing
from hub.constraints.topology import Topology
from hub.constraints.watch import WATCHED, ConstraintTask
from hub.constraints.weekly import name_of_week, weekly_review
from hub.errors import Conflict, NotFound
from hub.model.caller import LOCAL
from hub.model.constraint import Verdict, values_of
from hub.model.problem import Document, Problem, Status
from hub.problems.lifecycle import is_legal
from hub.problems.sources import Observation
from hub.reporting.accounts import Accounts
from hub.reporting.dimensions import dimensions
from hub.reporting.periods import period
from hub.reporting.policies import Policies
from hub.reporting.views import Question
from hub.store.tables import Tables
from tests.rooms import NOON, Desk, TurningClock, make_rules, make_task_rules, open_store, report
from tests.unit.constraints.streams import RULES
from tests.unit.reporting.example import POLICY

DAYS = 28
TOPOLOGY = Topology(parents={f"ont-{number}": "OLT-7" for number in range(40)})


class Watched(Desk):
    """A desk whose reports are watched; its history is there before anything is looked at."""

    rules = RULES

    def __init__(self, folder: Path) -> None:
        super().__init__(open_store(folder), TurningClock(NOON - timedelta(days=DAYS)))
        self.store.write(self._history)
        self.clock.now = NOON
        self.expectations = Expectations()
        self.task = self.watcher()
        self.work()

    def watcher(self) -> ConstraintTask:
        rules = make_rules(self.clock)
        publisher = Publisher(sources=rules.sources, tasks=make_task_rules(self.clock, rules), system="qos-hub")
        return ConstraintTask(
            store=self.store,
            rules=self.rules,
            topology=TOPOLOGY,
            expectations=self.expectations,
            publisher=publisher,
            clock=self.clock,
            batch=10,
        )

    def _history(self, tables: Tables) -> None:
        for number in range(DAYS * 8):
            at = self.clock.now + timedelta(hours=3 * number)
            self.sources.upsert(tables, observed(f"old-{number}", at, f"node-{number % 20}", told=False))

    def work(self) -> None:
        while self.task.step():
            pass

    def report(self, number: int, minutes: float, **attributes: Any) -> Problem:
        """A report of its own customer, opened now: so many minutes past noon."""
        self.clock.now = NOON + timedelta(minutes=minutes)
        return self.create(relatedParty=[customer(f"c{number}")], **attributes)

    def burst(self, count: int = 12, *, resource: str = "OLT-7", every: float = 2) -> list[Problem]:
        reports = []
        for number in range(count):
            reports.append(self.report(number, number * every, rootCauseResource=[{"id": resource}]))
            self.work()
        return reports

    def found(self, **filters: str) -> list[tuple[str, Document]]:
        return self.store.read.constraints.page(filters, offset=0, limit=100)

    def one(self) -> tuple[str, Document]:
        (found,) = self.found()
        return found

    def events_of(self, problem_id: str) -> Counter[str]:
        return Counter(one.event.type.value for one in self.queued() if one.event.problem_id == problem_id)

    def review(self, constraint: str, verdict: Verdict, note: str | None = None) -> Problem:
        rules = make_rules(self.clock)
        tasks = make_task_rules(self.clock, rules)
        reviewing = Reviewing(clock=self.clock, keeper=rules.keeper, tasks=tasks)
        work = partial(reviewing.review, constraint_id=constraint, verdict=verdict, note=note, caller=LOCAL)
        return self.store.write(work)


def customer(party: str) -> Document:
    return {"role": "customer", "partyOrPartyRole": {"@type": "PartyRef", "id": party}}


def observed(key: str, at: datetime, resource: str, *, told: bool) -> Observation:
    micros = round(at.timestamp() * 1e6)
    return Observation(
        source="helpdesk",
        key=key,
        document=report(affectedResource=[{"id": resource}], relatedParty=[customer(f"c-{key}")]),
        status=Status.ACKNOWLEDGED,
        source_status="new",
        event_time=micros,
        started=micros,
        told=told,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watched]:
    desk = Watched(tmp_path)
    yield desk
    desk.store.close()


def test_twelve_reports_on_one_resource_are_one_constraint_that_lives_its_life(desk: Watched) -> None:
    reports = desk.burst()
    constraint_id, document = desk.one()
    assert (document["@type"], document["category"]) == (
        "QosConstraint",
        "system.originated.constraint.resourceFailure",
    )
    assert document["status"] == "inProgress"
    assert document["rootCauseResource"][0]["id"] == "OLT-7"
    assert [one["id"] for one in document["underlyingProblem"]] == [one.id for one in reports]
    assert all(desk.kept(one).document["parentProblem"][0]["id"] == constraint_id for one in reports)
    assert "OLT-7" in document["description"]
    assert values_of(document)["customers"] == 12
    events = desk.events_of(constraint_id)
    assert events["ServiceProblemCreateEvent"] == 1
    groups = Counter(one.event.type.value for one in desk.queued())
    assert groups["ProblemGroupCreateEvent"] == groups["ProblemGroupStateChangeEvent"] > 0

    thirteenth = desk.report(13, 40, affectedResource=[{"id": "OLT-7"}])
    desk.work()
    assert desk.kept(thirteenth).document["parentProblem"][0]["id"] == constraint_id
    later = desk.events_of(constraint_id) - events
    assert later["ServiceProblemAttributeValueChangeEvent"] > 0
    assert "ServiceProblemCreateEvent" not in later

    desk.clock.now = NOON + timedelta(minutes=71)
    desk.work()
    assert values_of(desk.one()[1])["phase"] == "easing"
    desk.clock.now = NOON + timedelta(minutes=101)
    desk.work()
    _, cleared = desk.one()
    assert (cleared["status"], values_of(cleared)["phase"]) == ("resolved", "cleared")
    assert desk.events_of(constraint_id)["ServiceProblemStateChangeEvent"] >= 1

    reviewed = desk.review(constraint_id, Verdict.TRUE, "a card of the OLT was exchanged").document
    assert (reviewed["status"], values_of(reviewed)["phase"]) == ("closed", "reviewed")
    steps = [one.to_status for one in desk.history(desk.kept(thirteenth)) if one.to_status]
    assert steps == [Status.ACKNOWLEDGED]
    steps = [one.to_status for one in desk.history(Problem(id=constraint_id, document={})) if one.to_status]
    assert all(is_legal(before, after) for before, after in pairwise(steps))


def test_a_constraint_is_in_no_figure_of_a_management_report(desk: Watched) -> None:
    """It is made of reports that are counted already."""
    desk.burst()
    desk.one()
    march = period("2026-03")
    account = Accounts(dimensions=dimensions(), policies=Policies([POLICY])).of(
        desk.store.read,
        Question(period=march, as_of=march.end),
        recorded=desk.clock.micros,
        breakdowns=["customer"],
    )
    assert account.figure("backlog", "end").value == account.read - account.constraints
    assert (account.constraints, account.outside) == (1, 0)
    assert ("customer", "qos-hub") not in {one.group for one in account.figures}


@pytest.mark.parametrize("says", [True, False])
def test_it_tells_the_user_minutes_of_its_reports_as_a_management_report_does(desk: Watched, says: bool) -> None:
    reports = []
    for number in range(8):
        affected = {"affectedNumberOfServices": 10 * (number % 3)} if says else {}
        service = [{"id": "VPN-7" if number % 2 else "LINE-3"}]
        reports.append(
            desk.report(number, number, rootCauseResource=[{"id": "OLT-7"}], affectedService=service, **affected)
        )
        desk.work()
    assert ("userMinutes" in values_of(desk.one()[1])) is says
    desk.patch(reports.pop(), status="cancelled")
    for number, one in enumerate(reports):
        desk.clock.now = NOON + timedelta(minutes=20 + number)
        desk.patch(one, status="inProgress")
        desk.patch(one, status="resolved")
    desk.clock.now = NOON + timedelta(hours=3)
    desk.work()
    values = values_of(desk.one()[1])
    assert values["phase"] == "cleared"
    march = period("2026-03")
    account = Accounts(dimensions=dimensions(), policies=Policies([POLICY])).of(
        desk.store.read, Question(period=march, as_of=march.end), recorded=desk.clock.micros
    )
    figure = account.figure("userMinutes", "all")
    assert values.get("userMinutes") == (figure.value if says else None)
    assert (figure.n > 0) is says


def test_reports_on_what_hangs_on_one_resource_show_it(desk: Watched) -> None:
    for number in range(8):
        desk.report(number, number, affectedResource=[{"id": f"ont-{number}"}])
    desk.work()
    _, document = desk.one()
    assert document["affectedResource"][0]["id"] == "OLT-7"
    assert len(document["underlyingProblem"]) == 8


def test_what_is_filled_in_raises_nothing(desk: Watched) -> None:
    def fill(tables: Tables) -> None:
        for number in range(600):
            at = NOON - timedelta(days=21) + timedelta(minutes=number)
            desk.sources.upsert(tables, observed(f"late-{number}", at, "OLT-7", told=number % 2 == 0))
        for number in range(20):
            desk.sources.upsert(tables, observed(f"untold-{number}", NOON, "OLT-7", told=False))

    desk.store.write(fill)
    desk.work()
    assert not desk.found()
    assert desk.store.read.events.mark(WATCHED) == desk.store.read.records.last()


def test_a_new_start_goes_on_with_what_is_open(desk: Watched) -> None:
    desk.burst(6)
    constraint_id, before = desk.one()
    desk.task = desk.watcher()
    desk.work()
    assert desk.one() == (constraint_id, before)
    for number in range(6, 10):
        desk.report(number, 12 + number, affectedResource=[{"id": "OLT-7"}])
    desk.work()
    found_id, after = desk.one()
    assert found_id == constraint_id
    assert len(after["underlyingProblem"]) == 10
    assert values_of(after)["customers"] == 10


def test_a_new_start_knows_the_usual_by_what_was_kept_and_reads_no_weeks(desk: Watched) -> None:
    def forget_reports(tables: Tables) -> None:
        tables.connection.execute("DELETE FROM problem WHERE source = 'helpdesk'")

    kept = desk.store.read.constraints.memory()
    assert kept
    assert kept.mark == desk.store.read.events.mark(WATCHED) == desk.store.read.records.last()
    desk.store.write(forget_reports)
    desk.task = desk.watcher()
    desk.burst(6)
    assert len(desk.one()[1]["underlyingProblem"]) == 6


def test_what_is_kept_is_as_old_as_an_hour_and_what_came_since_is_learnt(desk: Watched) -> None:
    def kept() -> int:
        memory = desk.store.read.constraints.memory()
        return memory.mark if memory else -1

    first = kept()
    desk.report(1, 10)
    desk.work()
    assert kept() == first
    desk.task = desk.watcher()
    desk.report(2, 70)
    desk.work()
    assert kept() == desk.store.read.records.last() > first


def test_a_start_that_reads_weeks_reads_a_page_at_a_time(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "PAGE", 50)
    desk.store.write(lambda tables: tables.connection.execute("DELETE FROM detector_memory"))
    desk.task = desk.watcher()
    for number in range(6):
        desk.report(number, number, affectedResource=[{"id": "OLT-7"}])
    steps = 1
    while desk.task.step():
        assert steps < DAYS * 8 // 50 + 1 or desk.found()
        steps += 1
    assert steps > DAYS * 8 // 50
    assert len(desk.one()[1]["underlyingProblem"]) == 6


def test_two_watchers_raise_a_constraint_once(desk: Watched) -> None:
    other = desk.watcher()
    while other.step():
        pass
    for number in range(12):
        desk.report(number, number, affectedResource=[{"id": "OLT-7"}])
        for task in (desk.task, other) if number % 2 else (other, desk.task):
            while task.step():
                pass
    _, document = desk.one()
    assert len(document["underlyingProblem"]) == 12


def test_who_comes_second_writes_nothing(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is through between our look and our transaction."""
    for number in range(6):
        desk.report(number, number, affectedResource=[{"id": "OLT-7"}])
    other, write = desk.watcher(), desk.store.write

    def late(work: Any) -> Any:
        monkeypatch.undo()
        while other.step():
            pass
        return write(work)

    monkeypatch.setattr(desk.store, "write", late)
    assert desk.task.step()
    before = desk.store.read.records.last()
    desk.work()
    assert desk.store.read.records.last() == before
    assert len(desk.one()[1]["underlyingProblem"]) == 6


def test_a_report_that_comes_to_name_its_resource_joins(desk: Watched) -> None:
    reports = [desk.report(number, number) for number in range(6)]
    desk.work()
    assert not desk.found()
    for one in reports:
        desk.patch(one, rootCauseResource=[{"@type": "ResourceRef", "id": "OLT-7"}])
    desk.work()
    assert len(desk.one()[1]["underlyingProblem"]) == 6


def test_a_false_one_that_is_open_is_cancelled_and_not_raised_again(desk: Watched) -> None:
    desk.burst(6)
    constraint_id, _ = desk.one()
    assert desk.review(constraint_id, Verdict.FALSE).status is Status.CANCELLED
    desk.report(7, 13, affectedResource=[{"id": "OLT-7"}])
    desk.work()
    assert desk.one()[1]["status"] == "cancelled"
    with pytest.raises(Conflict):
        desk.review(constraint_id, Verdict.TRUE)


def test_a_verdict_on_an_open_one_waits_until_it_is_cleared(desk: Watched) -> None:
    desk.burst(6)
    constraint_id, _ = desk.one()
    desk.review(constraint_id, Verdict.TRUE)
    desk.report(7, 13, affectedResource=[{"id": "OLT-7"}])
    desk.work()
    assert values_of(desk.one()[1])["verdict"] == "true"
    desk.clock.now = NOON + timedelta(hours=2)
    desk.work()
    _, document = desk.one()
    assert (document["status"], values_of(document)["phase"]) == ("closed", "reviewed")


def are_released(desk: Watched, constraint_id: str, reports: list[Problem]) -> None:
    """No member is below it any more, on either side, each has it in its history, and listeners were told."""
    (document,) = (document for one, document in desk.found() if one == constraint_id)
    assert "underlyingProblem" not in document
    assert values_of(document)["reports"] == len(reports), "the evidence stays"
    for one in reports:
        assert "parentProblem" not in desk.kept(one).document
        last = desk.history(one)[-1].changes["parentProblem"]
        assert ([parent["id"] for parent in last["from"]], last["to"]) == ([constraint_id], None)
        assert desk.events_of(one.id)["ServiceProblemAttributeValueChangeEvent"] == 2
    tasks = [one for one in desk.envelopes() if one["eventType"].startswith("ProblemUngroup")]
    assert [one["eventType"] for one in tasks] == ["ProblemUngroupCreateEvent", "ProblemUngroupStateChangeEvent"]


def test_the_members_of_a_false_one_are_released(desk: Watched) -> None:
    reports = desk.burst(6)
    constraint_id, _ = desk.one()
    reviewed = desk.review(constraint_id, Verdict.FALSE)
    assert "underlyingProblem" not in reviewed.document
    are_released(desk, constraint_id, reports)


def test_the_members_of_a_cleared_one_stay_until_it_turns_out_to_be_false(desk: Watched) -> None:
    reports = desk.burst(6)
    constraint_id, _ = desk.one()
    desk.clock.now = NOON + timedelta(hours=2)
    desk.work()
    for verdict in (Verdict.TRUE, Verdict.UNKNOWN):
        assert len(desk.review(constraint_id, verdict).document["underlyingProblem"]) == 6
    desk.review(constraint_id, Verdict.FALSE)
    are_released(desk, constraint_id, reports)
    assert "underlyingProblem" not in desk.review(constraint_id, Verdict.TRUE).document


def test_the_members_of_one_that_is_cancelled_as_any_report_are_released(desk: Watched) -> None:
    reports = desk.burst(6)
    constraint_id, _ = desk.one()
    desk.delete(reports.pop())
    desk.patch(constraint_id, status="cancelled")
    desk.work()
    document = desk.one()[1]
    assert document["status"] == "cancelled"
    assert "underlyingProblem" not in document
    assert all("parentProblem" not in desk.kept(one).document for one in reports)
    before = len(desk.queued())
    desk.report(9, 15)
    desk.work()
    assert len(desk.queued()) == before + 1, "nothing is released twice"


def test_only_a_constraint_is_reviewed(desk: Watched) -> None:
    plain = desk.create()
    with pytest.raises(NotFound):
        desk.review(plain.id, Verdict.TRUE)
    forged = desk.create(**{"@type": "QosConstraint", "category": "system.originated.constraint.resourceFailure"})
    with pytest.raises(NotFound):
        desk.review(forged.id, Verdict.TRUE)
    assert not desk.found()


def test_the_review_of_a_week_says_how_precise_it_was(desk: Watched) -> None:
    desk.burst(6)
    constraint_id, _ = desk.one()
    week = name_of_week(NOON)
    before = weekly_review(desk.store.read, week, now=desk.clock.now)
    assert (before["raised"], before["explained"], before["open"]) == (
        {"resourceFailure": 1, "capacityShortage": 0},
        6,
        [constraint_id],
    )
    assert before["precision"]["precision"] is None
    assert before["explainedShare"] == 6 / before["reports"]
    desk.review(constraint_id, Verdict.FALSE)
    after = weekly_review(desk.store.read, week, now=desk.clock.now)
    assert (after["raised"], after["explained"], after["explainedShare"]) == (before["raised"], 0, 0)
    assert after["precisionSoFar"]["resourceFailure"] == {
        "true": 0,
        "false": 1,
        "unknown": 0,
        "notReviewed": 0,
        "precision": 0.0,
    }
    assert weekly_review(desk.store.read, "2025-W01", now=desk.clock.now)["raised"] == {
        "resourceFailure": 0,
        "capacityShortage": 0,
    }


def test_maintenance_that_is_known_raises_nothing(desk: Watched, tmp_path: Path) -> None:
    file = tmp_path / "expected.yaml"
    file.write_text(
        "- reason: the OLT is exchanged\n  type: resourceFailure\n  key: OLT-7\n"
        "  from: 2026-03-01T12:00:00Z\n  until: 2026-03-01T14:00:00Z\n"
    )
    desk.expectations = read_expectations(str(file))
    desk.task = desk.watcher()
    desk.burst(12)
    assert not desk.found()
    desk.burst(12, resource="OLT-8")
    assert len(desk.found()) == 1


def test_what_a_constraint_explains_may_be_deleted(desk: Watched) -> None:
    reports = desk.burst(6)
    desk.delete(reports[0])
    desk.report(7, 13, affectedResource=[{"id": "OLT-7"}])
    desk.work()
    assert len(desk.one()[1]["underlyingProblem"]) == 6


def test_what_is_deleted_or_no_report_is_passed_over(desk: Watched) -> None:
    reports = [desk.report(number, number, affectedResource=[{"id": "OLT-7"}]) for number in range(12)]
    for one in reports[:6]:
        desk.delete(one)
    for one in reports[6:]:
        desk.patch(one, status="rejected")
    desk.work()
    assert not desk.found()
