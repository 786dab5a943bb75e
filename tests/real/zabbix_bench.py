"""A bench of Zabbix: what the conformance suite, and the tests of the adapter, do to a running one."""

import time
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import adapters.zabbix
from hub.ports import Record
from tests.real.middleman import Middleman
from tests.real.zabbix import READER, READY_WITHIN, Zabbix
from tests.rooms import until


class ZabbixBench:
    """A host in a group of its own, of a Zabbix that others use too, and a user who only reads."""

    system = "zabbix"
    asks_before_login = 1
    cannot: ClassVar = {
        "ignore_filters": "its questions are told in the body; the fake shows it",
        "merge": "problems are not merged",
        "restart": "it takes long to start; the fake shows it",
        "shift_clock": "its clock is this machine's; the fake shows it",
        "status_words": "a problem has no word for its status",
    }

    def __init__(self, instance: Zabbix, password_file: Path) -> None:
        self.instance = instance
        self.url = instance.url
        self.group = f"noc-{uuid4().hex[:8]}"
        self.group_id = instance.create_group(self.group)
        self.host = f"cell-{uuid4().hex[:8]}"
        self.host_id = instance.create_host(self.host, self.group_id)
        self._password_file = password_file
        self._triggers: dict[str, str] = {}
        self._events: dict[str, str] = {}
        password_file.write_text(READER[1])

    @property
    def options(self) -> dict[str, Any]:
        who = {"username": READER[0], "password": f"file:{self._password_file}"}
        return {"url": self.url, "groups": [self.group], "max_wait": 20, **who}

    def source(self, **options: Any) -> adapters.zabbix.Zabbix:
        return adapters.zabbix.make("watch", self.options | options)

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"username": "nobody"}

    def delete(self, name: str) -> None:
        self.instance.call("trigger.delete", [self.trigger_of(name)])

    def version(self) -> str:
        return self.source().check().version

    def create(self, *names: str, **attributes: Any) -> None:
        """A trigger of each name, and its problem."""
        made = dict(zip(names, self.instance.create_triggers(self.host, *names, **attributes), strict=True))
        self._triggers |= made
        self.instance.report(self.host, 3.1, *names)
        until(lambda: len(self.instance.problems(*made.values())) == len(names), within=READY_WITHIN)
        found = self.instance.problems(*made.values())
        self._events |= {name: found[trigger] for name, trigger in made.items()}

    def change(self, name: str) -> None:
        self.instance.acknowledge(self.id_of(name), 2)

    def recover(self, name: str) -> None:
        self.instance.report(self.host, 4.2, name)
        self.until_it_ends(name)

    def until_it_ends(self, name: str) -> None:
        until(lambda: not self.instance.problems(self.trigger_of(name)), within=READY_WITHIN)

    def id_of(self, name: str) -> str:
        """The id of the event by which the problem began."""
        return self._events[name]

    def trigger_of(self, name: str) -> str:
        return self._triggers[name]

    def put_on_one_stamp(self) -> None:
        a_minute_ago, ours = int(time.time()) - 60, [int(event) for event in self._events.values()]
        for table in ("events", "problem"):
            self.instance.execute(
                f"update {table} set clock = %s, ns = 0 where eventid = any(%s)", a_minute_ago, ours
            )

    def name_of(self, record: Record) -> str:
        return str(record.data["name"])

    def middleman(self) -> Middleman:
        return Middleman(self.url)
