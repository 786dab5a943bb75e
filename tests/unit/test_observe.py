from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.intake.mapping_file import mapping_from
from hub.intake.observe import Changed, Reader
from hub.intake.terms import Terms
from hub.ports import Record

FIELDS: dict[str, Any] = {
    "status": {"path": "state", "table": {"open": "inProgress"}},
    "priority": {"value": 5},
    "name": {"path": "title", "default": "Untitled"},
    "description": {"path": "title", "default": "Untitled"},
    "reason": {"value": "Unknown"},
    "category": {"value": "serviceProvider.declarer"},
    "originatorParty": {"id": {"value": "noc"}, "role": {"value": "originator"}},
}
PLAIN = {"state": "open", "title": "No tone"}


def name_of(data: Mapping[str, Any], *, ignore: tuple[str, ...] = (), **fields: Any) -> str:
    raw = {"system": "desk", "fields": {**FIELDS, **fields}, "times": {}, "ignore": [*ignore]}
    record = Record(key="INC1", updated=datetime(2026, 3, 1, tzinfo=UTC), data=data)
    reader = Reader(source="desk", mapping=mapping_from(raw, "desk.yaml"))
    news = reader.news_of(record, None, Terms(told=True, first=False), listed=False)
    assert isinstance(news, Changed)
    return str(news.rendered.document["name"])


def test_what_holds_no_such_character_stays_as_it_is() -> None:
    assert name_of({**PLAIN, "title": r"six characters: \u0000"}) == r"six characters: \u0000"


@pytest.mark.parametrize(
    ("data", "ignore", "rule"),
    [
        ({**PLAIN, "title": "No\0 tone"}, (), None),
        ({**PLAIN, "title": "No\0 tone"}, ("title",), None),
        (PLAIN, (), {"value": "No\0 tone"}),
        (PLAIN, (), {"path": "state", "table": {"open": "No\0 tone"}, "default": "Untitled"}),
        (PLAIN, (), {"path": "absent", "default": "No\0 tone"}),
        (PLAIN, (), {"path": r'state && `"No\u0000 tone"`', "default": "Untitled"}),
    ],
    ids=["the record", "an ignored part", "a constant", "a table", "a default", "a path"],
)
def test_the_character_at_which_a_database_ends_a_text_is_shown_by_another(
    data: Mapping[str, Any], ignore: tuple[str, ...], rule: Mapping[str, Any] | None
) -> None:
    fields = {} if rule is None else {"name": rule}
    assert name_of(data, ignore=ignore, **fields) == "No\ufffd tone"
