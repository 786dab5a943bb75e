"""The mapping: what a record becomes, what is never guessed, and what a mapping file must not say."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.errors import InvalidSettings
from hub.intake.digest import digest
from hub.intake.filling import MOMENTS, word
from hub.intake.mapping import FieldMapping, render
from hub.intake.mapping_file import failed_examples, load_mapping, mapping_from, merged
from hub.intake.shapes import TARGETS
from hub.model.problem import Status
from hub.problems.form import NOT_STATED

PARTY = {"id": {"value": "noc"}, "role": {"value": "originator"}}
FIELDS: dict[str, Any] = {
    "status": {"path": "state", "table": {"open": "inProgress", 6: "resolved"}},
    "priority": {"path": "level", "table": {"high": 2}, "default": 7},
    "name": {"path": "title", "default": "Untitled"},
    "description": {"path": "title", "default": "Untitled"},
    "reason": {"value": "Unknown"},
    "category": {"value": "serviceProvider.declarer"},
    "originatorParty": PARTY,
}


def a_mapping(times: Mapping[str, Any] | None = None, **fields: Any) -> FieldMapping:
    return mapping_from({"system": "desk", "fields": {**FIELDS, **fields}, "times": times or {}}, "desk.yaml")


def fields_refused(raw: Mapping[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as refused:
        mapping_from(raw, "desk.yaml")
    assert str(refused.value).startswith("desk.yaml: ")
    return {violation.field: violation.message for violation in refused.value.violations}


def test_a_known_word_becomes_its_status_and_the_raw_word_is_kept() -> None:
    rendered = render(a_mapping(), {"state": "open", "level": "high", "title": "No tone"})
    assert rendered.status is Status.IN_PROGRESS
    assert rendered.source_status == "open"
    assert rendered.document["priority"] == 2
    assert rendered.unmapped == ()


def test_a_character_that_no_text_may_hold_is_shown_by_another() -> None:
    rendered = render(a_mapping(), {"state": "open", "level": "high", "title": "No\0 tone"})
    assert rendered.document["name"] == "No\ufffd tone"
    assert rendered.document["originatorParty"]["partyOrPartyRole"]["id"] == "noc"


def test_an_unknown_word_is_named_and_never_guessed() -> None:
    rendered = render(a_mapping(), {"state": "Waiting CAB", "level": "odd", "title": "No tone"})
    assert rendered.status is None
    assert rendered.source_status == "Waiting CAB"
    assert "status" not in rendered.document
    assert "priority" not in rendered.document, "the default is for a missing value, not for an unknown one"
    assert rendered.unmapped == (("status", "Waiting CAB"), ("priority", "odd"))


def test_a_missing_value_becomes_the_default_and_is_no_unknown_word() -> None:
    rendered = render(a_mapping(), {"title": ""})
    assert rendered.document["priority"] == 7
    assert rendered.document["name"] == "Untitled"
    assert rendered.status is None
    assert rendered.unmapped == ()


def test_no_mapping_can_fill_in_what_the_hub_keeps_itself() -> None:
    assert not NOT_STATED & TARGETS.keys()
    kept = {name: {"value": "2026-01-01T00:00:00Z"} for name in ("creationDate", "id")}
    refused = fields_refused({"system": "desk", "fields": {**FIELDS, **kept}})
    assert refused.keys() == {"fields.creationDate", "fields.id"}


@pytest.mark.parametrize("raw", [6, "6", 6.0])
def test_a_number_and_its_text_are_one_word_of_a_table(raw: Any) -> None:
    assert render(a_mapping(), {"state": raw}).status is Status.RESOLVED


def test_values_that_mean_none_are_named_by_the_mapping() -> None:
    mapping = a_mapping(times={"event": {"path": "at", "type": "iso", "null": ["1970-01-01T00:00:00Z"]}})
    assert render(mapping, {"at": "1970-01-01T00:00:00Z"}).event_time is None
    assert render(mapping, {"at": "1970-01-01T00:00:01Z"}).event_time == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("2026-11-22T17:37:09Z", "iso"),
        ("2026-11-22T18:37:09+01:00", "iso"),
        ("2026-11-22.17:37:09", "roundup_time"),
        (1795369029, "epoch"),
        ("1795369029", "epoch"),
    ],
)
def test_each_time_form_names_the_same_instant(value: Any, form: str) -> None:
    assert MOMENTS[form](value) == datetime(2026, 11, 22, 17, 37, 9, tzinfo=UTC)


def test_a_time_without_a_zone_is_an_unknown_word_and_no_guess() -> None:
    mapping = a_mapping(times={"event": {"path": "at", "type": "iso"}})
    rendered = render(mapping, {"at": "2026-11-22T17:37:09"})
    assert rendered.event_time is None
    assert ("times.event", "2026-11-22T17:37:09") in rendered.unmapped


def test_a_sub_resource_without_its_identity_is_left_out() -> None:
    service = {"each": "services", "item": {"id": {"path": "code"}, "name": {"path": "label"}}}
    mapping = a_mapping(affectedService=[service])
    rendered = render(mapping, {"services": [{"code": "iptv", "label": "IPTV"}, {"label": "no code"}]})
    assert rendered.document["affectedService"] == [{"@type": "ServiceRef", "id": "iptv", "name": "IPTV"}]
    assert "affectedService" not in render(mapping, {"services": []}).document
    assert "affectedService" not in render(mapping, {"services": "iptv"}).document


def test_parties_places_and_notes_get_the_shape_of_version_five() -> None:
    mapping = a_mapping(
        relatedParty=[
            {"id": {"path": "customer"}, "role": {"value": "customer"}, "name": {"path": "customerName"}}
        ],
        affectedLocation=[{"id": {"path": "site"}, "role": {"value": "outage"}}],
        note=[{"text": {"path": "remark"}, "date": {"path": "at", "type": "roundup_time"}}],
        characteristic=[{"name": {"value": "mos"}, "value": {"path": "mos"}}],
    )
    data = {"customer": "c-7", "customerName": "Brunn AG", "site": "s-1", "remark": "ok", "mos": 3.1}
    document = render(mapping, {**data, "at": "2026-11-22.17:37:09"}).document
    assert document["relatedParty"] == [
        {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "customer",
            "partyOrPartyRole": {"@type": "PartyRef", "id": "c-7", "name": "Brunn AG"},
        }
    ]
    assert document["affectedLocation"] == [
        {"@type": "RelatedPlaceRefOrValue", "role": "outage", "place": {"@type": "PlaceRef", "id": "s-1"}}
    ]
    assert document["note"] == [{"@type": "Note", "text": "ok", "date": "2026-11-22T17:37:09.000Z"}]
    assert document["characteristic"] == [{"@type": "Characteristic", "name": "mos", "value": 3.1}]


def test_a_path_may_choose_and_join_and_finds_nothing_in_what_is_absent() -> None:
    mapping = a_mapping(name={"path": "join(' ', [title, place])", "default": "Untitled"})
    assert render(mapping, {"title": "No tone", "place": "in Graz"}).document["name"] == "No tone in Graz"
    assert render(mapping, {"title": "No tone"}).document["name"] == "Untitled"


@pytest.mark.parametrize("raw", [0, 11, "high", 2.5, True])
def test_a_priority_without_a_table_is_a_whole_number_from_one_to_ten(raw: Any) -> None:
    mapping = a_mapping(priority={"path": "level", "default": 5})
    assert render(mapping, {"level": "10"}).document["priority"] == 10
    assert render(mapping, {"level": raw}).unmapped == (("priority", word(raw)),)


def test_the_defaults_of_a_mapping_make_a_whole_report_without_a_status() -> None:
    assert a_mapping().defaults == {
        "priority": 7,
        "name": "Untitled",
        "description": "Untitled",
        "reason": "Unknown",
        "category": "serviceProvider.declarer",
        "originatorParty": {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "originator",
            "partyOrPartyRole": {"@type": "PartyRef", "id": "noc"},
        },
    }


def test_everything_wrong_with_a_file_is_said_at_once_with_its_place_and_value() -> None:
    raw = {
        "system": "desk",
        "fields": {
            **FIELDS,
            "status": {"path": "state", "table": {"open": "open", True: "held", "shut": {"is": "closed"}}},
            "priority": {"path": "level", "default": 11},
            "name": {"path": "a["},
            "reason": {"path": "a", "value": "b"},
            "colour": {"path": "x"},
            "affectedService": [{"name": {"path": "x"}, "colour": {"path": "x"}}],
            "note": {"text": {"path": "x"}},
            "statusChangeReason": {"path": "x", "table": {"a": ["b"]}},
        },
        "times": {"event": {"path": "at"}, "end": {"path": "at", "type": "iso"}},
        "examples": [{"record": {}}],
    }
    wrong = fields_refused(raw)
    assert "'open' is no status" in wrong["fields.status.table.open"]
    assert "{'is': 'closed'} is no status" in wrong["fields.status.table.shut"]
    assert "in quotes" in wrong["fields.status.table.True"]
    assert "11" in wrong["fields.priority.default"]
    assert "a[" in wrong["fields.name.path"]
    assert "either a path or a value" in wrong["fields.reason"]
    assert set(wrong) >= {
        "fields.colour",
        "fields.affectedService[0].id",
        "fields.affectedService[0].colour",
        "fields.note",
        "fields.statusChangeReason.table.a",
        "times.event",
        "times.end",
        "examples[1]",
    }


@pytest.mark.parametrize("attribute", FIELDS)
def test_a_mapping_without_a_mandatory_attribute_is_refused_by_its_name(attribute: str) -> None:
    fields = {name: rule for name, rule in FIELDS.items() if name != attribute}
    assert f"fields.{attribute}" in fields_refused({"system": "desk", "fields": fields})


def test_a_mandatory_attribute_needs_a_default_for_the_day_its_value_is_missing() -> None:
    fields = {**FIELDS, "name": {"path": "title"}}
    assert "default" in fields_refused({"system": "desk", "fields": fields})["fields.name"]


@pytest.mark.parametrize("raw", [{}, {"system": 3, "fields": []}, {"system": "d", "fields": FIELDS, "colour": 1}])
def test_a_file_with_other_parts_than_its_own_is_refused(raw: Mapping[str, Any]) -> None:
    assert fields_refused(raw)


def test_a_file_that_is_absent_or_no_yaml_is_refused_by_its_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("system: [")
    for path in (broken, tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(InvalidSettings, match=str(path)):
            load_mapping(path)


@pytest.mark.parametrize(
    ("table", "word"), [("{new: held, on: held, 'new': closed}", "'new'"), ("{1: held, 1.0: closed}", "1.0")]
)
def test_a_word_that_stands_in_a_table_twice_is_refused_with_its_place(
    tmp_path: Path, table: str, word: str
) -> None:
    (tmp_path / "desk.yaml").write_text(f"system: desk\nfields:\n  status: {{path: state, table: {table}}}\n")
    with pytest.raises(InvalidSettings, match=f"desk.yaml: .*{word} stands here twice.* line 3") as refused:
        load_mapping(tmp_path / "desk.yaml")
    assert "not YAML" in str(refused.value)


def test_what_one_rule_takes_from_another_may_be_said_otherwise_beside_it(tmp_path: Path) -> None:
    shipped, own = tmp_path / "desk.yaml", tmp_path / "own.yaml"
    shipped.write_text(yaml.safe_dump({"system": "desk", "fields": FIELDS}))
    own.write_text("fields:\n  name: &text {path: title, default: A}\n  description: {<<: *text, default: B}\n")
    assert load_mapping(shipped, own).defaults["description"] == "B"


def test_an_operators_file_changes_only_what_it_names(tmp_path: Path) -> None:
    shipped, own = tmp_path / "desk.yaml", tmp_path / "own.yaml"
    examples = [{"record": {"state": "open"}, "expect": {}}]
    shipped.write_text(yaml.safe_dump({"system": "desk", "fields": FIELDS, "examples": examples}))
    own.write_text(
        yaml.safe_dump(
            {
                "fields": {
                    "status": {"table": {"Waiting CAB": "held"}},
                    "category": {"path": "kind", "default": "x.y"},
                }
            }
        )
    )
    mapping = load_mapping(shipped, own)
    assert render(mapping, {"state": "Waiting CAB"}).status is Status.HELD
    assert render(mapping, {"state": "open"}).status is Status.IN_PROGRESS
    assert render(mapping, {"kind": "supplier.originated"}).document["category"] == "supplier.originated"
    assert mapping.examples == (), "the shipped examples speak of the shipped rules"
    assert mapping.revision != load_mapping(shipped).revision


def test_null_in_an_operators_file_removes() -> None:
    assert merged({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}) == {"a": {"c": 2}}


def test_an_example_that_does_not_come_out_is_reported_with_its_number() -> None:
    good = {"record": {}, "expect": a_mapping().defaults}
    bad = {"record": {"title": "No tone"}, "expect": {"name": "Tone"}}
    mapping = mapping_from({"system": "desk", "fields": FIELDS, "examples": [good, bad]}, "desk.yaml")
    assert [number for number, _, _ in failed_examples(mapping)] == [2]


def test_a_digest_sees_content_and_neither_order_nor_ignored_parts() -> None:
    data = {"a": 1, "b": {"c": [1, 2], "d": 3}}
    reordered = {"b": {"d": 3, "c": [1, 2]}, "a": 1}
    assert digest(data) == digest(reordered)
    assert digest(data) != digest({**data, "a": 2})
    moved = deepcopy(data) | {"b": {"c": [1, 2], "d": 4}}
    assert digest(data) != digest(moved)
    assert digest(data, ignore=["b.d", "absent.x"]) == digest(moved, ignore=["b.d", "absent.x"])
    assert digest(data, revision=b"1") != digest(data, revision=b"2")
