"""A bench for each adapter whose system cannot run here: the adapter, and a fake of the system."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import adapters.glpi
import adapters.jira
import adapters.pagerduty
import adapters.servicenow
import adapters.zammad
import adapters.zendesk
from hub.ports import Record
from tests.fakes import glpi, jira, pagerduty, servicenow, zammad, zendesk
from tests.fakes.generic_benches import files_bench, rest_bench, sql_bench, tmf621_bench, tmf642_bench
from tests.fakes.glpi import Glpi
from tests.fakes.jira import Jira
from tests.fakes.pagerduty import PagerDuty
from tests.fakes.servicenow import ServiceNow
from tests.fakes.zammad import Zammad
from tests.fakes.zendesk import Zendesk
from tests.real.benches import Bench


class ServiceNowBench:
    system = "servicenow"

    def __init__(self, fake: ServiceNow, password_file: Path) -> None:
        self.fake = fake
        self.url = fake.url
        self._password_file = password_file
        self._ids: dict[str, str] = {}
        password_file.write_text(servicenow.USER[1])

    def source(self, **options: Any) -> adapters.servicenow.ServiceNow:
        own = {"url": self.url, "username": servicenow.USER[0], "password": f"file:{self._password_file}"}
        return adapters.servicenow.make("desk", own | {"max_wait": 20} | options)

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.fake.create(name)

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], state="2")

    def id_of(self, name: str) -> str:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.fake.put_on_one_stamp()

    def name_of(self, record: Record) -> str:
        return str(record.data["short_description"])


@contextmanager
def servicenow_bench(folder: Path) -> Iterator[ServiceNowBench]:
    with ServiceNow() as fake:
        yield ServiceNowBench(fake, folder / "password")


class JiraBench:
    system = "jira"

    def __init__(self, fake: Jira, password_file: Path) -> None:
        self.fake = fake
        self.url = fake.url
        self._password_file = password_file
        self._ids: dict[str, str] = {}
        password_file.write_text(jira.USER[1])

    def source(self, **options: Any) -> adapters.jira.Jira:
        own = {"url": self.url, "username": jira.USER[0], "password": f"file:{self._password_file}"}
        return adapters.jira.make("desk", own | {"max_wait": 20} | options)

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.fake.create(name)

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], status="In Progress")

    def id_of(self, name: str) -> str:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.fake.put_on_one_stamp()

    def name_of(self, record: Record) -> str:
        return str(record.data["fields"]["summary"])


@contextmanager
def jira_bench(folder: Path) -> Iterator[JiraBench]:
    with Jira() as fake:
        yield JiraBench(fake, folder / "password")


class ZendeskBench:
    system = "zendesk"

    def __init__(self, fake: Zendesk, password_file: Path) -> None:
        self.fake = fake
        self.url = fake.url
        self._password_file = password_file
        self._ids: dict[str, int] = {}
        password_file.write_text(zendesk.USER[1])

    def source(self, **options: Any) -> adapters.zendesk.Zendesk:
        own = {"url": self.url, "username": zendesk.USER[0], "password": f"file:{self._password_file}"}
        return adapters.zendesk.make("desk", own | {"max_wait": 20} | options)

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.fake.create(name)

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], status="open")

    def id_of(self, name: str) -> int:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.fake.put_on_one_stamp()

    def name_of(self, record: Record) -> str:
        return str(record.data["subject"])


@contextmanager
def zendesk_bench(folder: Path) -> Iterator[ZendeskBench]:
    with Zendesk() as fake:
        yield ZendeskBench(fake, folder / "password")


class PagerDutyBench:
    system = "pagerduty"

    def __init__(self, fake: PagerDuty, key_file: Path) -> None:
        self.fake = fake
        self.url = fake.url
        self._key_file = key_file
        self._ids: dict[str, str] = {}
        key_file.write_text(pagerduty.KEY)

    def source(self, **options: Any) -> adapters.pagerduty.PagerDuty:
        own = {"url": self.url, "api_key": f"file:{self._key_file}", "max_wait": 20}
        return adapters.pagerduty.make("oncall", own | options)

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.fake.create(name)

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], "acknowledged")

    def id_of(self, name: str) -> str:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.fake.put_on_one_stamp()

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])


@contextmanager
def pagerduty_bench(folder: Path) -> Iterator[PagerDutyBench]:
    with PagerDuty() as fake:
        yield PagerDutyBench(fake, folder / "key")


class ZammadBench:
    system = "zammad"

    def __init__(self, fake: Zammad, token_file: Path) -> None:
        self.fake = fake
        self.url = fake.url
        self._token_file = token_file
        self._ids: dict[str, int] = {}
        token_file.write_text(zammad.TOKEN)

    def source(self, **options: Any) -> adapters.zammad.Zammad:
        own = {"url": self.url, "token": f"file:{self._token_file}", "max_wait": 20}
        return adapters.zammad.make("desk", own | options)

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.fake.create(name)

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], state="open")

    def id_of(self, name: str) -> int:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.fake.put_on_one_stamp()

    def name_of(self, record: Record) -> str:
        return str(record.data["title"])


@contextmanager
def zammad_bench(folder: Path) -> Iterator[ZammadBench]:
    with Zammad() as fake:
        yield ZammadBench(fake, folder / "token")


class GlpiBench:
    system = "glpi"

    def __init__(self, fake: Glpi, folder: Path) -> None:
        self.fake = fake
        self.url = fake.url
        self._folder = folder
        self._ids: dict[str, int] = {}
        (folder / "user").write_text(glpi.USER_TOKEN)
        (folder / "app").write_text(glpi.APP_TOKEN)

    def source(self, **options: Any) -> adapters.glpi.Glpi:
        tokens = {"user_token": f"file:{self._folder / 'user'}", "app_token": f"file:{self._folder / 'app'}"}
        return adapters.glpi.make("desk", {"url": self.url, "max_wait": 20} | tokens | options)

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.fake.create(name)

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], status=2)

    def id_of(self, name: str) -> int:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.fake.put_on_one_stamp()

    def name_of(self, record: Record) -> str:
        return str(record.data["name"])


@contextmanager
def glpi_bench(folder: Path) -> Iterator[GlpiBench]:
    with Glpi() as fake:
        yield GlpiBench(fake, folder)


NewBench = Callable[[Path], AbstractContextManager[Bench]]
"""Gives a system with nothing in it; the folder is for what the bench must write down."""

FAKES: Mapping[str, NewBench] = {
    "glpi": glpi_bench,
    "files": files_bench,
    "jira": jira_bench,
    "pagerduty": pagerduty_bench,
    "rest": rest_bench,
    "servicenow": servicenow_bench,
    "zammad": zammad_bench,
    "zendesk": zendesk_bench,
    "sql": sql_bench,
    "tmf621": tmf621_bench,
    "tmf642": tmf642_bench,
}
