"""Lets a ticket's own status count again when the status of ours that stood against it is never written."""

from hub.model.problem import Status
from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState
from hub.problems.sources import Observation, SourceRules
from hub.problems.status_write_back import REASON, of_status, said_beside
from hub.store.tables import Tables


def stand_again(tables: Tables, rules: SourceRules, dead: WriteBack, now: int) -> None:
    """Nothing changes where a later status waits, or the report follows its ticket by now. `now` is in microseconds."""
    if dead.kind is not WriteBackKind.STATUS or dead.overtaken is not None:
        return
    written = tables.write_backs.of_ticket(dead.source, dead.key)
    said = said_beside(dead, written)
    stored = tables.problems.get_by_source(dead.source, dead.key)
    if said is None or stored is None or of_status(written, WriteBackState.DUE):
        return
    if stored.problem.document["status"] != dead.content["status"]:
        return
    observation = Observation(
        source=dead.source,
        key=dead.key,
        document={REASON: said.get(REASON)},
        status=Status(said["status"]),
        source_status=None,
        event_time=now,
        typed=True,
    )
    rules.observe(tables, stored, observation)
