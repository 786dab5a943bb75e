"""The rest adapter on addresses of a next page: in the header Link, in an answer, relative, wrong, or elsewhere."""

import re

import pytest

from hub.ports import Unavailable
from tests.fakes.desk_api import DeskApi
from tests.integration.test_rest import PAGING, api, fill, keys, source

__all__ = ["api"]


@pytest.mark.parametrize(
    "link",
    [
        '<{url}>; rel="next last"',
        '<{url}>; rel="last\tNEXT"',
        "<{url}>;Rel = next",
        '<{url}&f=a,b;c>; rel="next"',
        '<{url}>; title="a, <b>; rel=last \\" "; rel="next"',
        '</api/tickets>; rel="first",, <{url}> ; crossorigin; rel=next; rel=last;',
        '</api/other>; anchor="/api/others"; rel="next", <{url}>; rel="next"',
        '<?{query}>; rel="next"',
        '<tickets?{query}>; rel="next"',
        '<../api/tickets?{query}>; rel="next"',
        '</api/tickets?{query}>; rel="next"',
    ],
)
def test_a_link_to_the_next_page_is_understood_however_it_is_written(api: DeskApi, link: str) -> None:
    names = fill(api, 5)
    api.link = link
    options = {"url": api.url.removesuffix("/api"), "path": "api/tickets", "snapshot": True}
    assert keys(list(source(api, paging=PAGING["link"], **options).pull({}))) == names


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("{url}; rel=next", "at 0 there is no address in angle brackets"),
        ("<{url}; rel=next", "at 0 there is no address in angle brackets"),
        ('<tickets>; rel="next', "at 15 a link neither goes on nor ends: '<tickets>; rel=\"next'"),
        ('<tickets>; rel=next; anchor="/a"', "the link next is one of '/a': "),
        ("<tickets> rel=next", "at 9 a link neither goes on nor ends"),
        ("<tickets>; rel=first, next", "at 22 there is no address in angle brackets"),
    ],
)
def test_a_link_that_cannot_be_read_ends_the_pull_and_not_the_list(api: DeskApi, link: str, why: str) -> None:
    fill(api, 5)
    api.link = link
    pull = source(api, paging=PAGING["link"], snapshot=True).pull({})
    next(pull)
    with pytest.raises(Unavailable, match=re.escape(f"tickets: the header Link cannot be read: {why}")):
        next(pull)


def test_pages_that_go_round_in_a_circle_are_found_out(api: DeskApi) -> None:
    fill(api, 8)
    back = '<tickets?limit=2&after=2>; rel="next"'
    api.moves = [lambda: None, lambda: None, lambda: setattr(api, "link", back)]
    with pytest.raises(Unavailable, match=r"the pages go round in a circle: tickets\?limit=2&after=2 comes again"):
        list(source(api, paging=PAGING["link"], snapshot=True).pull({}))
    assert len(api.asked) == 3


def test_an_address_in_the_answer_begins_where_was_asked(api: DeskApi) -> None:
    names = fill(api, 3)
    options = {"url": api.url.removesuffix("/api"), "path": "api/tickets", "paging": PAGING["url"]}
    api.relative = True
    assert keys(list(source(api, **options).pull({}))) == names


def test_an_address_of_another_system_is_not_followed(api: DeskApi) -> None:
    fill(api, 1)
    api.tickets["T0"]["next"] = "http://127.0.0.1:1/api/tickets"
    paging = {"kind": "cursor", "member": "data.tickets[0].next"}
    with pytest.raises(Unavailable, match="the system sends us out of"):
        list(source(api, paging=paging).pull({}))
    assert len(api.asked) == 1
