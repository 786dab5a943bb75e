"""Where the case of a word, and what parts it, do not count: in a table, and in a path."""

from typing import Any

import pytest

from hub.errors import InvalidSettings
from hub.intake.mapping import FieldMapping, render
from hub.intake.mapping_file import mapping_from

FIELDS: dict[str, Any] = {
    "status": {"path": "state"},
    "priority": {"value": 5},
    "name": {"value": "Untitled"},
    "description": {"value": "Untitled"},
    "reason": {"value": "Unknown"},
    "category": {"value": "serviceProvider.declarer"},
    "originatorParty": {"id": {"value": "noc"}, "role": {"value": "originator"}},
}


def a_mapping(**fields: Any) -> FieldMapping:
    return mapping_from({"system": "desk", "fields": {**FIELDS, **fields}}, "desk.yaml")


def test_the_spelling_of_a_word_counts_unless_its_table_says_otherwise() -> None:
    table = {"in progress": "inProgress", "Done": "resolved", "DONE": "closed", "-": "held"}
    rule = {"path": "state", "table": table}
    exact, any_spelling = a_mapping(status=rule), a_mapping(status={**rule, "any_spelling": True})
    for said, meant in {"IN_PROGRESS": "inProgress", "Done": "resolved", "DONE": "closed", "-": "held"}.items():
        assert render(any_spelling, {"state": said}).document["status"] == meant
    assert render(exact, {"state": "IN_PROGRESS"}).unmapped == (("status", "IN_PROGRESS"),)
    for said in ("done", "--", "progress"):
        assert render(any_spelling, {"state": said}).unmapped == (("status", said),), (
            "it has two meanings, or none"
        )
    with pytest.raises(InvalidSettings, match=r"fields\.name\.any_spelling: there is no table"):
        a_mapping(name={"path": "a", "any_spelling": True})


def test_a_path_may_ask_for_a_word_without_its_spelling() -> None:
    mapping = a_mapping(name={"path": "plain(a.b) == 'ontheway' && 'Yes' || plain(`4`)", "default": "No"})
    said = [render(mapping, {"a": {"b": word}}).document["name"] for word in ("On-the WAY", "on", 7, None)]
    assert said == ["Yes", "No", "No", "No"]
