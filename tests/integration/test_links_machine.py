"""Reports are grouped, noted, changed and deleted at random; their links and their history stay true."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.errors import Conflict, InvalidInput
from hub.model.problem import Document
from hub.model.task import TaskKind
from hub.problems.acknowledgement import is_acknowledged
from hub.problems.changes import KEPT_BY_SERVER
from tests.rooms import Desk, TurningClock, grouping, open_store, references

PLACES = st.integers(min_value=0, max_value=5)
SIDES = ("parentProblem", "underlyingProblem")
OTHER = dict(zip(SIDES, reversed(SIDES), strict=True))


class Links(RuleBasedStateMachine):
    """`model` is {id: its children}; `noted` are the acknowledged ones; `first` has each report as it was created."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.desk = Desk(open_store(self.folder, synchronous="OFF"), TurningClock())
        self.ids: list[str] = []
        self.first: dict[str, Document] = {}
        self.model: dict[str, set[str]] = {}
        self.noted: set[str] = set()

    def teardown(self) -> None:
        self.desk.store.close()
        shutil.rmtree(self.folder)

    @initialize()
    def some(self) -> None:
        for _ in range(4):
            self.create([])

    def at(self, place: int) -> str:
        """An id of a report that is there, or was."""
        return self.ids[place % len(self.ids)]

    def below(self, one: str) -> set[str]:
        found: set[str] = set()
        waiting = [one]
        while waiting:
            children = self.model[waiting.pop()] - found
            found |= children
            waiting += children
        return found

    @rule(parents=st.lists(PLACES, max_size=2))
    def create(self, parents: list[int]) -> None:
        named = list(dict.fromkeys(self.at(place) for place in parents))
        problem = self.desk.create(**({"parentProblem": references(*named)} if named else {}))
        self.ids.append(problem.id)
        self.first[problem.id] = problem.document
        self.model[problem.id] = set()
        for parent in named:
            if parent in self.model:
                self.model[parent].add(problem.id)

    @rule(parent=PLACES, children=st.lists(PLACES, min_size=1, max_size=4))
    def group(self, parent: int, children: list[int]) -> None:
        above, below = self.at(parent), [self.at(place) for place in children]
        wrong = not self.names_well([above, *below])
        circle = not wrong and any(above in self.below(one) for one in below)
        try:
            task = self.desk.perform(TaskKind.GROUP, grouping(above, *below))
        except InvalidInput:
            assert wrong
        except Conflict:
            assert circle
        else:
            assert not wrong
            assert not circle
            self.expect(task.document, ["unchanged" if one in self.model[above] else "grouped" for one in below])
            self.model[above] |= set(below)

    @rule(parent=PLACES, children=st.lists(PLACES, min_size=1, max_size=4))
    def ungroup(self, parent: int, children: list[int]) -> None:
        above, below = self.at(parent), [self.at(place) for place in children]
        try:
            task = self.desk.perform(TaskKind.UNGROUP, grouping(above, *below))
        except InvalidInput:
            assert not self.names_well([above, *below])
        else:
            self.expect(task.document, ["ungrouped" if one in self.model[above] else "unchanged" for one in below])
            self.model[above] -= set(below)

    @rule(places=st.lists(PLACES, min_size=1, max_size=3, unique=True), acknowledge=st.booleans())
    def note(self, places: list[int], acknowledge: bool) -> None:
        named = [self.at(place) for place in places]
        kind = TaskKind.ACKNOWLEDGEMENT if acknowledge else TaskKind.UNACKNOWLEDGEMENT
        try:
            task = self.desk.perform(kind, {"problem": references(*named)})
        except InvalidInput:
            assert not self.names_well(named)
        else:
            word = "acknowledged" if acknowledge else "unacknowledged"
            self.expect(
                task.document, ["unchanged" if (one in self.noted) is acknowledge else word for one in named]
            )
            self.noted = self.noted | set(named) if acknowledge else self.noted - set(named)

    @rule(place=PLACES, side=st.sampled_from(SIDES), others=st.lists(PLACES, max_size=3))
    def patch(self, place: int, side: str, others: list[int]) -> None:
        one, named = self.at(place), list(dict.fromkeys(self.at(other) for other in others))
        if one not in self.model:
            return
        wanted = {other: set(children) for other, children in self.model.items()}
        there = [other for other in named if other in wanted]
        if side == "underlyingProblem":
            wanted[one] = set(there)
        else:
            for other in wanted:
                wanted[other] = wanted[other] - {one} | ({one} if other in there else set())
        before, self.model = self.model, wanted
        circle = any(other in self.below(other) for other in wanted)
        try:
            self.desk.patch(one, **{side: references(*named) or None})
        except Conflict:
            assert circle
            self.model = before
        else:
            assert not circle

    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        one = self.at(place)
        if one in self.model and len(self.model) > 2:
            self.desk.delete(one)
            del self.model[one]
            self.noted.discard(one)
            for children in self.model.values():
                children.discard(one)

    def names_well(self, ids: list[str]) -> bool:
        return len(set(ids)) == len(ids) and all(one in self.model for one in ids)

    def expect(self, task: Document, results: list[str]) -> None:
        assert [one["result"] for one in task["outcome"]] == results

    @invariant()
    def both_sides_say_the_same(self) -> None:
        documents = {one: self.document(one) for one in self.model}
        for one, document in documents.items():
            assert linked(document, "underlyingProblem", documents) == self.model[one]
            above = {parent for parent, children in self.model.items() if one in children}
            assert linked(document, "parentProblem", documents) == above
            assert is_acknowledged(document) == (one in self.noted)

    @invariant()
    def the_history_leads_to_the_report(self) -> None:
        for one in self.model:
            stored = self.desk.store.read.problems.get(one)
            assert stored is not None
            records = self.desk.history(stored.problem)
            assert [record.sequence for record in records] == list(range(1, len(records) + 1))
            replayed = dict(self.first[one])
            for record in records:
                for name, change in record.changes.items():
                    assert replayed.get(name) == change["from"]
                    replayed[name] = change["to"]
            assert said(replayed) == said(stored.problem.document)

    def document(self, problem_id: str) -> Document:
        stored = self.desk.store.read.problems.get(problem_id)
        assert stored is not None
        return stored.problem.document


def linked(document: Document, side: str, known: dict[str, Any]) -> set[str]:
    return {one["id"] for one in document.get(side, ())} & known.keys()


def said(document: Document) -> Document:
    """What a report says, without what the hub keeps itself and without what is not there."""
    return {name: value for name, value in document.items() if value is not None and name not in KEPT_BY_SERVER}


Links.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestLinks = Links.TestCase
