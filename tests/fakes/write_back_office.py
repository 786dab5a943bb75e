"""A source whose tickets can be written to, and whose reports are changed by clients."""

from pathlib import Path
from typing import Any

from hub.model.caller import Caller
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.model.task import TaskKind
from hub.model.times import to_micros
from hub.model.write_back import WriteBack
from hub.problems.edits import merge_edit
from hub.problems.envelope import Letterhead
from hub.problems.tasks import TaskRules
from hub.problems.write_back import send_again
from tests.fakes.intake_bench import SOURCE, Bench
from tests.fakes.trouble_system import ManualClock, WritableFeed

ALL = ("acknowledgement", "note", "status")


class Office(Bench):
    """A bench whose reports are changed by clients."""

    system: WritableFeed

    def __init__(self, tmp_path: Path, *, kinds: tuple[str, ...] = ALL) -> None:
        clock = ManualClock()
        super().__init__(tmp_path, clock, WritableFeed(clock), write_back=kinds)
        self.system.put("7", state="new")
        self.poll()

    def id_of(self, key: str) -> str:
        stored = self.store.read.problems.get_by_source(SOURCE, key)
        assert stored is not None
        return stored.problem.id

    def patch(self, **changes: Any) -> None:
        edit = merge_edit(changes)
        self.store.write(lambda tables: self.clients.patch(tables, self.id_of("7"), edit, actor="ines"))

    def acknowledge(self) -> None:
        letterhead = Letterhead(reporting_system="qos-hub", base_url="http://127.0.0.1:1/v5")
        rules = TaskRules(
            keeper=self.keeper,
            clock=self.clock,
            new_id=Uuid7(self.clock),
            complete={kind: lambda document: document for kind in TaskKind},
            letterhead=letterhead,
        )
        given: Document = {"problem": [{"id": self.id_of("7")}]}
        caller = Caller(name="ines", scopes=frozenset())
        self.store.write(lambda tables: rules.perform(tables, given, kind=TaskKind.ACKNOWLEDGEMENT, caller=caller))

    def send_again(self, one: WriteBack) -> WriteBack:
        now = to_micros(self.clock())
        return self.store.write(lambda tables: send_again(tables, one.id, now=now))

    def asked(self) -> list[WriteBack]:
        return self.store.read.write_backs.of_ticket(SOURCE, "7")

    def ticket(self) -> dict[str, Any]:
        return dict(self.system.tickets["7"][1].data)
