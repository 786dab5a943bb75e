"""What every installed adapter promises that asks over HTTP, whatever its system or something before it answers."""

import pytest

from hub.ports import Unavailable
from tests.real.benches import ServedBench, records
from tests.real.middleman import Canned, Middleman


def test_a_failure_that_passes_is_tried_again_within_the_pull(served: ServedBench, middleman: Middleman) -> None:
    served.create("iptv")
    middleman.instead.append(Canned(status=502))
    found = records(served.source(url=middleman.url).pull({}))
    assert [served.name_of(record) for record in found] == ["iptv"]


def test_a_request_to_wait_is_followed_within_the_pull(served: ServedBench, middleman: Middleman) -> None:
    served.create("iptv")
    middleman.instead += [Canned(status=429, headers={"Retry-After": "0"})] * 5
    found = records(served.source(url=middleman.url).pull({}))
    assert [served.name_of(record) for record in found] == ["iptv"]


def test_a_system_that_cannot_be_reached_is_unavailable(served: ServedBench) -> None:
    with pytest.raises(Unavailable):
        list(served.source(url="http://127.0.0.1:1", max_wait=0).pull({}))


def test_an_answer_of_something_else_is_unavailable_and_no_empty_system(
    served: ServedBench, middleman: Middleman
) -> None:
    for body in (b"<html>welcome</html>", b'"hello"', b"{}"):
        middleman.instead.append(Canned(status=200, body=body))
        with pytest.raises(Unavailable):
            list(served.source(url=middleman.url).pull({}))
