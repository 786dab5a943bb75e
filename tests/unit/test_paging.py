"""The headers of a page: counts, and links that keep the rest of the query."""

import pytest
from requests.utils import parse_header_links

from hub.api.paging import page_headers

URL = "https://qos.example.com/v5/serviceProblem"


def links(offset: int, limit: int, total: int, pairs: list[tuple[str, str]] | None = None) -> dict[str, str]:
    """{relation: what stands behind the question mark}"""
    returned = max(0, min(limit, total - offset))
    headers = dict(page_headers(URL, pairs or [], offset=offset, limit=limit, returned=returned, total=total))
    assert (headers["X-Total-Count"], headers["X-Result-Count"]) == (str(total), str(returned))
    parsed = parse_header_links(headers.get("Link", ""))
    assert all(link["url"].startswith(f"{URL}?") for link in parsed)
    return {link["rel"]: link["url"].partition("?")[2] for link in parsed}


def places(offset: int, limit: int, total: int) -> dict[str, int]:
    return {
        rel: int(query.split("&")[0].removeprefix("offset=")) for rel, query in links(offset, limit, total).items()
    }


PAGES = [
    ((0, 10, 0), {"self": 0, "first": 0, "last": 0}),
    ((0, 10, 10), {"self": 0, "first": 0, "last": 0}),
    ((0, 10, 11), {"self": 0, "first": 0, "next": 10, "last": 10}),
    ((10, 10, 25), {"self": 10, "first": 0, "prev": 0, "next": 20, "last": 20}),
    ((20, 10, 25), {"self": 20, "first": 0, "prev": 10, "last": 20}),
    ((5, 10, 25), {"self": 5, "first": 0, "prev": 0, "next": 15, "last": 20}),
    ((90, 10, 25), {"self": 90, "first": 0, "prev": 80, "last": 20}),
]


@pytest.mark.parametrize(("page", "expected"), PAGES)
def test_the_links_of_a_page_lead_to_its_neighbours(page: tuple[int, int, int], expected: dict[str, int]) -> None:
    assert places(*page) == expected


def test_a_page_of_nothing_has_counts_only() -> None:
    assert links(0, 0, 7) == {}


def test_links_keep_the_filters_and_write_them_so_that_they_can_be_read_again() -> None:
    pairs = [("status", "held"), ("name", "a&b=ü"), ("offset", "3"), ("limit", "5")]
    assert links(3, 5, 100, pairs)["next"] == "status=held&name=a%26b%3D%C3%BC&offset=8&limit=5"


@pytest.mark.parametrize(("length", "names"), [(1000, 5), (1500, 5), (3000, 2), (7000, 0)])
def test_a_long_query_has_only_as_many_links_as_clients_read(length: int, names: int) -> None:
    assert len(links(10, 5, 100, [("name", "x" * length)])) == names
