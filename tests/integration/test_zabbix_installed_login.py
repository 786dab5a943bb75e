"""How a real Zabbix lets us in, and what it shows to whom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.intake.mapping import Rendered, render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, Page, Record
from tests.real import zabbix as real
from tests.real.benches import records
from tests.real.middleman import Middleman
from tests.real.zabbix import Zabbix
from tests.real.zabbix_bench import ZabbixBench

pytestmark = pytest.mark.installs


MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/zabbix.yaml")


@pytest.fixture
def bench(zabbix: Zabbix, tmp_path: Path) -> ZabbixBench:
    return ZabbixBench(zabbix, tmp_path / "password")


@pytest.fixture
def middleman(bench: ZabbixBench) -> Iterator[Middleman]:
    with bench.middleman().serving() as serving:
        yield serving


def pulled(bench: ZabbixBench, page: Page | None = None, **options: Any) -> tuple[list[Record], Page]:
    pages = list(bench.source(**options).pull(page.cursor if page else {}))
    return records(pages), pages[-1]


def reports(bench: ZabbixBench, found: list[Record]) -> dict[str, Rendered]:
    """{name: what becomes of it} of what is not gone."""
    return {bench.name_of(record): render(MAPPING, record.data) for record in found if not record.gone}


def sessions(bench: ZabbixBench) -> int:
    """How many sessions of the reader are kept."""
    open_ = "select 1 from sessions s join users u using (userid) where u.username = %s and s.status = 0"
    return bench.instance.execute(open_, real.READER[0])


def test_a_wrong_password_is_refused_with_200_and_tried_once(
    bench: ZabbixBench, middleman: Middleman, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-my-password")
    source = bench.source(url=middleman.url, password=f"file:{tmp_path / 'wrong'}")
    with pytest.raises(AuthFailed, match="Incorrect user name or password"):
        list(source.pull({}))
    assert len(middleman.paths) == 2


def test_a_token_is_let_in_until_it_expires(bench: ZabbixBench, tmp_path: Path) -> None:
    bench.create("mos")
    (tmp_path / "token").write_text(bench.instance.create_token(real.READER[0]))
    by_token: dict[str, Any] = {"username": None, "password": None, "token": f"file:{tmp_path / 'token'}"}
    found, page = pulled(bench, **by_token)
    assert list(reports(bench, found)) == ["mos"]
    bench.instance.execute("update token set expires_at = 1 where name = %s", f"token of {real.READER[0]}")
    with pytest.raises(AuthFailed, match="token expired"):
        pulled(bench, page, **by_token)
    bench.instance.execute("delete from token")
    with pytest.raises(AuthFailed, match="Not authori"):
        pulled(bench, page, **by_token)


def test_a_user_who_sees_no_hosts_is_refused_where_zabbix_shows_an_empty_list(
    bench: ZabbixBench, tmp_path: Path
) -> None:
    bench.create("mos")
    (tmp_path / "blind").write_text(real.BLIND[1])
    blind = {"username": real.BLIND[0], "password": f"file:{tmp_path / 'blind'}", "groups": []}
    with pytest.raises(AuthFailed, match="no host group"):
        bench.source(**blind).check()


def test_rights_that_are_taken_away_end_no_problem(bench: ZabbixBench) -> None:
    bench.create("mos")
    _, page = pulled(bench, groups=[])
    bench.instance.hide_groups()
    try:
        with pytest.raises(AuthFailed, match="no host group"):
            pulled(bench, page, groups=[])
    finally:
        bench.instance.show_groups()
    found, _ = pulled(bench, page, groups=[])
    assert reports(bench, found)["mos"].status is Status.IN_PROGRESS


def test_each_poll_takes_its_session_back(bench: ZabbixBench) -> None:
    bench.create("mos")
    before = sessions(bench)
    bench.source().check()
    pulled(bench)
    assert sessions(bench) == before


def test_a_session_that_is_ended_meanwhile_is_opened_anew(bench: ZabbixBench) -> None:
    bench.create("mos", "jitter")
    pages = bench.source(page_size=1).pull({})
    first = next(pages)
    bench.instance.execute(
        "delete from sessions where userid = (select userid from users where username = %s)", "reader"
    )
    assert list(reports(bench, records([first, *pages]))) in (["mos", "jitter"], ["jitter", "mos"])
