"""A bench for each adapter whose system cannot run here, or not in every run: the adapter, and a fake of the system."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import adapters.glpi
import adapters.jira
import adapters.pagerduty
import adapters.servicenow
import adapters.zabbix
import adapters.zammad
import adapters.zendesk
from tests.fakes import glpi, jira, pagerduty, redmine, servicenow, zabbix, zammad, zendesk
from tests.fakes.fake_bench import FakeBench
from tests.fakes.generic_benches import files_bench, rest_bench, sql_bench
from tests.fakes.glpi import Glpi
from tests.fakes.jira import Jira, plain_text
from tests.fakes.pagerduty import PagerDuty
from tests.fakes.redmine import Redmine
from tests.fakes.servicenow import ServiceNow
from tests.fakes.tmf_benches import tmf621_bench, tmf642_bench
from tests.fakes.zabbix import Zabbix
from tests.fakes.zammad import Zammad
from tests.fakes.zendesk import Zendesk
from tests.real.bench import Bench
from tests.real.middleman import Middleman
from tests.real.redmine_bench import RedmineBench


class ServiceNowBench(FakeBench[ServiceNow]):
    system = "servicenow"
    title = ("short_description",)
    words = ("1", "2", "3", "6", "7", "8")

    def source(self, **options: Any) -> adapters.servicenow.ServiceNow:
        return adapters.servicenow.make("desk", self.writing | options)

    @property
    def writing(self) -> dict[str, Any]:
        return self.login(servicenow.USER)

    def texts_in(self, key: str) -> list[str]:
        return [text for _, text in self.fake.journals.get(key, [])]

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], state="2")

    def ignore_filters(self, middleman: Middleman) -> None:
        self.fake.knows -= {"sys_updated_on"}

    def delete(self, name: str) -> None:
        self.fake.delete(self._ids[name])


@contextmanager
def servicenow_bench(folder: Path) -> Iterator[ServiceNowBench]:
    with ServiceNow() as fake:
        yield ServiceNowBench(fake, folder)


class JiraBench(FakeBench[Jira]):
    system = "jira"
    title = ("fields", "summary")
    words = ("undefined", "new", "indeterminate", "done")
    """The categories of statuses, which are the site's own."""

    def source(self, **options: Any) -> adapters.jira.Jira:
        return adapters.jira.make("desk", self.writing | options)

    @property
    def writing(self) -> dict[str, Any]:
        return self.login(jira.USER)

    def texts_in(self, key: str) -> list[str]:
        return [plain_text(comment["body"]) for comment in self.fake.comments.get(key, [])]

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], status="In Progress")

    def delete(self, name: str) -> None:
        self.fake.delete(self._ids[name])


@contextmanager
def jira_bench(folder: Path) -> Iterator[JiraBench]:
    with Jira() as fake:
        yield JiraBench(fake, folder)


class ZendeskBench(FakeBench[Zendesk]):
    system = "zendesk"
    title = ("subject",)
    cannot: ClassVar = {
        "ignore_filters": "the export is read by its own cursor, and not by a filter",
        "shift_clock": "what comes behind its own cursor is for Zendesk to say",
    }
    words = ("new", "open", "pending", "hold", "solved", "closed", "deleted")

    def source(self, **options: Any) -> adapters.zendesk.Zendesk:
        own = self.login(zendesk.USER)
        return adapters.zendesk.make("desk", own | options)

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], status="open")

    def delete(self, name: str) -> None:
        self.fake.change(self._ids[name], status="deleted")

    def merge(self, name: str, into: str) -> None:
        self.fake.change(self._ids[name], status="closed", tags=["closed_by_merge"])


@contextmanager
def zendesk_bench(folder: Path) -> Iterator[ZendeskBench]:
    with Zendesk() as fake:
        yield ZendeskBench(fake, folder)


class PagerDutyBench(FakeBench[PagerDuty]):
    system = "pagerduty"
    title = ("title",)
    cannot: ClassVar = {}
    words = ("triggered", "acknowledged", "resolved")

    def source(self, **options: Any) -> adapters.pagerduty.PagerDuty:
        own = {"url": self.url, "api_key": self.secret("key", pagerduty.KEY), "max_wait": 20}
        return adapters.pagerduty.make("oncall", own | options)

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"api_key": self.secret("unknown", "nobody-has-this")}

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], "acknowledged")

    def delete(self, name: str) -> None:
        """Nothing is deleted there."""
        self.merge(name, "")

    def merge(self, name: str, into: str) -> None:
        """It goes on as a part of the other."""
        self.fake.change(self._ids[name], "resolved", resolve_reason={"type": "merge_resolve_reason"})


@contextmanager
def pagerduty_bench(folder: Path) -> Iterator[PagerDutyBench]:
    with PagerDuty() as fake:
        yield PagerDutyBench(fake, folder)


class ZammadBench(FakeBench[Zammad]):
    system = "zammad"
    title = ("title",)
    cannot: ClassVar = {}
    words = ("new", "open", "pending reminder", "pending close", "closed", "merged", "removed")

    def source(self, **options: Any) -> adapters.zammad.Zammad:
        own = {"url": self.url, "token": self.secret("token", zammad.TOKEN), "max_wait": 20}
        return adapters.zammad.make("desk", own | options)

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"token": self.secret("unknown", "nobody-has-this")}

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], state="open")

    def delete(self, name: str) -> None:
        self.fake.delete(self._ids[name])

    def merge(self, name: str, into: str) -> None:
        self.fake.change(self._ids[name], state="merged")


@contextmanager
def zammad_bench(folder: Path) -> Iterator[ZammadBench]:
    with Zammad() as fake:
        yield ZammadBench(fake, folder)


class GlpiBench(FakeBench[Glpi]):
    system = "glpi"
    title = ("name",)
    cannot: ClassVar = {"merge": "a ticket that is merged goes into the dustbin, as a deleted one does"}
    words = ("1", "2", "3", "4", "5", "6")

    def source(self, **options: Any) -> adapters.glpi.Glpi:
        tokens = {
            "user_token": self.secret("user", glpi.USER_TOKEN),
            "app_token": self.secret("app", glpi.APP_TOKEN),
        }
        return adapters.glpi.make("desk", {"url": self.url, "max_wait": 20} | tokens | options)

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"user_token": self.secret("unknown", "nobody-has-this")}

    def change(self, name: str) -> None:
        self.fake.change(self._ids[name], status=2)

    def delete(self, name: str) -> None:
        self.fake.dustbin.add(self._ids[name])


@contextmanager
def glpi_bench(folder: Path) -> Iterator[GlpiBench]:
    with Glpi() as fake:
        yield GlpiBench(fake, folder)


class FakeRedmineBench(RedmineBench):
    imitates = redmine.VERSION

    def __init__(self, desk: Redmine, folder: Path) -> None:
        super().__init__(desk, folder)
        self.shift_clock = desk.shift_clock


@contextmanager
def redmine_bench(folder: Path) -> Iterator[FakeRedmineBench]:
    with Redmine() as fake:
        yield FakeRedmineBench(fake, folder)


class FakeZabbixBench(FakeBench[Zabbix]):
    system = "zabbix"
    title = ("name",)
    imitates = zabbix.IMITATED
    asks_before_login = 1
    cannot: ClassVar = {
        "merge": "problems are not merged",
        "status_words": "a problem has no word for its status",
    }

    def source(self, **options: Any) -> adapters.zabbix.Zabbix:
        own = self.login(zabbix.USER) if "token" not in options else {"url": self.url, "max_wait": 20}
        return adapters.zabbix.make("watch", own | options)

    def change(self, name: str) -> None:
        self.fake.act(self._ids[name], 2)

    def delete(self, name: str) -> None:
        self.fake.deleted_triggers.add(self.fake.events[self._ids[name]]["objectid"])


@contextmanager
def zabbix_bench(folder: Path) -> Iterator[FakeZabbixBench]:
    with Zabbix() as fake:
        yield FakeZabbixBench(fake, folder)


NewBench = Callable[[Path], AbstractContextManager[Bench]]
"""Gives a system with nothing in it; the folder is for what the bench must write down."""

FAKES: Mapping[str, NewBench] = {
    "glpi": glpi_bench,
    "files": files_bench,
    "jira": jira_bench,
    "pagerduty": pagerduty_bench,
    "redmine": redmine_bench,
    "rest": rest_bench,
    "servicenow": servicenow_bench,
    "zabbix": zabbix_bench,
    "zammad": zammad_bench,
    "zendesk": zendesk_bench,
    "sql": sql_bench,
    "tmf621": tmf621_bench,
    "tmf642": tmf642_bench,
}
