"""What a trouble system says of a report: it is observed, never repaired."""

from typing import NamedTuple

from hub.errors import Conflict, InvalidInput
from hub.model.problem import Document, Problem, Status
from hub.model.times import Clock, from_text, to_micros
from hub.problems.form import Form, stated_in
from hub.problems.history import Change
from hub.problems.keeper import Keeper
from hub.problems.lifecycle import is_legal
from hub.problems.merge import merge
from hub.store.problems import Stored
from hub.store.tables import Tables


class Observation(NamedTuple):
    """What a trouble system says of a ticket, mapped.

    `status` is None when the source's word is not known: the report then keeps the status that it has.
    `event_time` is the instant of the change at the source, `started` that of the ticket's creation there, None
    when it does not say. `told` False keeps the change from the listeners. `typed` says that the document is as a
    mapping writes it: each part has its `@type`, and it states nothing that the hub keeps itself.
    """

    source: str
    key: str
    document: Document
    status: Status | None
    source_status: str | None
    event_time: int
    started: int | None = None
    told: bool = True
    typed: bool = False


def _is_irregular(before: Problem, status: Status, event_time: int) -> bool:
    """Whether the lifecycle has no such step, or the step comes before the last one."""
    since = to_micros(from_text(before.document["statusChangeDate"]))
    return not is_legal(before.status, status) or event_time < since


class SourceRules:
    def __init__(self, *, clock: Clock, form: Form, keeper: Keeper) -> None:
        self._clock = clock
        self._form = form
        self._keeper = keeper

    def upsert(self, tables: Tables, observation: Observation) -> Problem:
        """Keep what a trouble system says: its status is observed, never repaired.

        Raises InvalidInput when the mapped report does not fit the contract, or would be below itself.
        """
        stored = tables.problems.get_by_source(observation.source, observation.key)
        return self.observe(tables, stored, observation).problem

    def observe(self, tables: Tables, stored: Stored | None, observation: Observation) -> Stored:
        """The same, where the report is looked up already; None where there is none."""
        before = stored.problem if stored else None
        status = observation.status or (before.status if before else Status.PENDING)
        change = Change(
            event_time=observation.event_time,
            record_time=to_micros(self._clock()),
            told=observation.told,
            source=observation.source,
            source_status=observation.source_status,
            irregular=before is not None and _is_irregular(before, status, observation.event_time),
        )
        given = observation.document if observation.typed else stated_in(observation.document)
        stated = {**given, "status": status}
        try:
            return self._observe(tables, stored, stated, change, observation)
        except Conflict as error:
            raise InvalidInput(violations=error.violations) from error

    def place(self, tables: Tables, stored: Stored, observation: Observation) -> bool:
        """Put an older change, heard of after a later one, where it belongs in the history. False when it is there.

        Of several changes of one instant each is there, and the status that they found. The report stays as it is, and
        nobody is told: what they know is newer.
        """
        problem_id, at, status = stored.problem.id, observation.event_time, observation.status
        before = tables.records.status_at(problem_id, at)
        if status is None or status is before or status in tables.records.statuses_at(problem_id, at):
            return False
        if status is tables.records.status_at(problem_id, at - 1):
            return False
        change = Change(
            event_time=observation.event_time,
            record_time=to_micros(self._clock()),
            source=observation.source,
            source_status=observation.source_status,
            irregular=not is_legal(before, status),
        )
        reason = observation.document.get("statusChangeReason")
        self._keeper.place(tables, stored, before, status, change, reason)
        return True

    def _observe(
        self, tables: Tables, stored: Stored | None, stated: Document, change: Change, observation: Observation
    ) -> Stored:
        if stored is None:
            document = stated if observation.typed else self._form.complete(stated)
            self._form.refuse_invalid(document)
            identity = (observation.source, observation.key)
            return self._keeper.insert(tables, document, change, identity=identity, started=observation.started)
        # Merged first: a null takes an attribute away, and completing a document would take the null away.
        merged = merge(stored.problem.document, stated)
        if not observation.typed:
            merged = self._form.complete(merged)
        self._form.refuse_invalid(stated_in(merged))  # the hub's own dates were good when it wrote them
        return Stored(seq=stored.seq, problem=self._keeper.update(tables, stored, merged, change))
