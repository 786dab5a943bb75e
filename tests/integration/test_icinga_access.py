"""Who may read a real Icinga 2, and with which options."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

import adapters.icinga
from hub.ports import AuthFailed, Page, Unavailable
from tests.options import assert_refused
from tests.real import icinga as real
from tests.real.benches import IcingaBench
from tests.real.icinga import Icinga
from tests.real.middleman import Middleman


@pytest.fixture
def bench(icinga: Icinga, tmp_path: Path) -> IcingaBench:
    return IcingaBench(icinga, tmp_path / "password")


@pytest.fixture
def middleman(bench: IcingaBench) -> Iterator[Middleman]:
    with bench.middleman().serving() as serving:
        yield serving


def after(bench: IcingaBench, page: Page | None = None, /, **options: object) -> Page:
    """The one page of a pull that goes on from another."""
    (only,) = bench.source(**options).pull(page.cursor if page else {})
    return only


def test_a_wrong_password_is_refused_after_exactly_one_request(
    bench: IcingaBench, middleman: Middleman, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-password")
    source = bench.source(url=middleman.url, password=f"file:{tmp_path / 'wrong'}")
    with pytest.raises(AuthFailed) as refused:
        list(source.pull({}))
    assert len(middleman.paths) == 1
    assert "not-the-password" not in str(refused.value)


def test_a_user_without_the_right_to_list_is_refused_and_no_empty_system(
    bench: IcingaBench, tmp_path: Path
) -> None:
    (tmp_path / "blind").write_text(real.BLIND[1])
    who = {"username": real.BLIND[0], "password": f"file:{tmp_path / 'blind'}"}
    with pytest.raises(AuthFailed, match="objects/query/Host"):
        bench.source(**who).check()
    with pytest.raises(Unavailable):
        after(bench, **who)


def test_a_certificate_of_another_authority_is_refused(bench: IcingaBench, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    with pytest.raises(Unavailable, match="certificate"):
        after(bench, ca_file=str(tmp_path / "other.pem"), max_wait=0)
    with pytest.raises(Unavailable, match="certificate"):
        after(bench, ca_file=None, max_wait=0)


def test_a_filter_that_is_none_is_said_and_no_empty_system(bench: IcingaBench) -> None:
    for filter_ in ("host.name ==", "hots.name == ours", "host.name == theirs"):
        with pytest.raises(Unavailable):
            after(bench, filter=filter_)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": None}, "username"),
        ({"filter": ""}, "filter"),
        ({"filter_vars": ["a"]}, "filter_vars"),
        ({"patience": -1}, "patience"),
        ({"page_size": 0}, "page_size"),
        ({"password": "plain-text"}, "password"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    options = {"url": "https://icinga.example.test:5665", "username": "hub"}
    assert_refused(adapters.icinga.make, options, wrong, field)
