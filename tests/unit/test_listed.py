from datetime import UTC, datetime

from hub.intake.listed import Listed
from hub.ports import Page, Record

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def page(*keys: str, snapshot: bool, gone: bool = False) -> Page:
    records = tuple(Record(key=key, updated=NOW, data={}, gone=gone) for key in keys)
    return Page(records=records, cursor={}, snapshot=snapshot)


def listed(*pages: Page) -> Listed:
    made = Listed()
    for one in pages:
        made.note(one)
    return made


def test_the_pages_of_a_list_are_what_is_there() -> None:
    whole = listed(page("a", "b", snapshot=True), page("c", snapshot=True), page("d", snapshot=True, gone=True))
    assert whole.is_whole
    assert whole.keys == {"a", "b", "c"}


def test_an_empty_list_is_whole_and_no_list_is_not() -> None:
    assert listed(page(snapshot=True)).is_whole
    assert not listed().is_whole


def test_of_what_comes_in_parts_no_key_is_kept() -> None:
    for pages in (["a", "b"], ["b", "a"]):
        parts = listed(*(page(key, snapshot=key == "a") for key in pages), page("c", snapshot=True))
        assert not parts.is_whole
        assert parts.keys == set()
