"""What every installed adapter promises that asks over HTTP, whatever its system or something before it answers."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from hub.ports import AuthFailed, FilterIgnored, SourceError, Timed, Unavailable
from tests.contract.benches import able
from tests.real.bench import ServedBench
from tests.real.benches import records
from tests.real.middleman import Canned, Middleman


def test_a_failure_that_passes_is_tried_again_within_the_pull(served: ServedBench, middleman: Middleman) -> None:
    served.create("iptv")
    middleman.instead.append(Canned(status=502))
    found = records(served.source(url=middleman.url).pull({}))
    assert [served.name_of(record) for record in found] == ["iptv"]


def test_a_request_to_wait_is_followed_within_the_pull(
    served: ServedBench, middleman: Middleman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.patience.LEAST_WAIT", 0.001)
    served.create("iptv")
    middleman.instead += [Canned(status=429, headers={"Retry-After": "0"})] * 5
    found = records(served.source(url=middleman.url).pull({}))
    assert [served.name_of(record) for record in found] == ["iptv"]


def test_what_a_pull_is_answered_tells_the_time_of_the_system(served: ServedBench) -> None:
    source = served.source()
    if not isinstance(source, Timed):
        is_ours = type(source).__module__.startswith("adapters.")
        assert not is_ours or served.system in ("glpi", "icinga"), "they are asked for their clock once an hour"
        return
    list(source.pull({}))
    assert source.clock_skew is not None
    assert abs(source.clock_skew) < 5


def test_a_system_that_cannot_be_reached_is_unavailable(served: ServedBench) -> None:
    with pytest.raises(Unavailable):
        list(served.source(url="http://127.0.0.1:1", max_wait=0).pull({}))


def test_an_answer_of_something_else_is_unavailable_and_no_empty_system(
    served: ServedBench, middleman: Middleman
) -> None:
    for body in (b"<html>welcome</html>", b'"hello"', b"{}", b"null", b""):
        middleman.instead.append(Canned(status=200, body=body))
        with pytest.raises(Unavailable):
            list(served.source(url=middleman.url).pull({}))


@pytest.mark.parametrize("asked", ["check", "pull"])
def test_a_wrong_login_is_told_and_not_tried_again(served: ServedBench, middleman: Middleman, asked: str) -> None:
    wrong = able(served, "wrong_login")
    served.create("iptv")
    source = served.source(**wrong, url=middleman.url)
    with pytest.raises(AuthFailed):
        source.check() if asked == "check" else list(source.pull({}))
    assert len(middleman.paths) == getattr(served, "asks_before_login", 0) + 1


@pytest.mark.parametrize(("status", "told"), [(401, AuthFailed), (403, SourceError), (302, SourceError)])
def test_a_refusal_stops_a_pull_at_the_first_request_and_is_no_empty_system(
    served: ServedBench, middleman: Middleman, status: int, told: type[SourceError]
) -> None:
    middleman.always = Canned(status=status, headers={"Location": f"{middleman.url}/login"})
    with pytest.raises(told):
        list(served.source(url=middleman.url).pull({}))
    assert len(middleman.paths) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [(Canned(status=401), AuthFailed), (Canned(status=200, body=b"<html>welcome</html>"), Unavailable)],
    ids=["refusal", "page of a login"],
)
def test_a_pull_that_is_refused_after_a_page_does_not_end_as_if_that_were_all(
    served: ServedBench, middleman: Middleman, answer: Canned, told: type[SourceError]
) -> None:
    able(served, "read_in_pages")
    served.create(*(f"line-{number}" for number in range(5)))
    pull = served.source(url=middleman.url, page_size=2).pull({})
    next(pull)
    middleman.always = answer
    with pytest.raises(told):
        list(pull)


def test_a_filter_that_is_ignored_fails_the_pull(served: ServedBench, middleman: Middleman) -> None:
    """Asked for what came after the last ticket, or after the present: which of them tells depends on the system."""
    ignore_filters = able(served, "ignore_filters")
    served.create("iptv", "volte", "ftth")
    source = served.source(url=middleman.url)
    *_, last = source.pull({})
    ignore_filters(middleman)
    in_a_month = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    with pytest.raises(FilterIgnored):
        list(chain(source.pull({"since": in_a_month}), source.pull(last.cursor)))
