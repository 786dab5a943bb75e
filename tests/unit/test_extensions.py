"""Schemas of one's own kinds of report: how they are found, and what they ask of a report."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.api.extensions import Extensions, load_extensions
from hub.errors import InvalidSettings

LOCATION = "https://schemas.example.com/QosDegradation.schema.json"
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": LOCATION,
    "allOf": [
        {"$ref": "ServiceProblem.schema.json#ServiceProblem"},
        {"properties": {"kqi": {"type": "string"}}},
    ],
    "properties": {"mosScore": {"type": "number", "minimum": 1, "maximum": 5}},
    "required": ["mosScore"],
}


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


@pytest.fixture
def extensions(tmp_path: Path) -> Extensions:
    write(tmp_path, "QosDegradation.schema.json", SCHEMA)
    return load_extensions(str(tmp_path))


def test_the_file_names_the_type_and_its_id_the_location(extensions: Extensions) -> None:
    assert extensions.names() == ["QosDegradation"]
    completed = extensions.completed({"@type": "QosDegradation", "mosScore": 2.5})
    assert completed == {
        "@type": "QosDegradation",
        "@baseType": "ServiceProblem",
        "@schemaLocation": LOCATION,
        "mosScore": 2.5,
    }


def test_a_report_is_held_against_the_schema_of_its_type(extensions: Extensions) -> None:
    assert extensions.violations({"@type": "QosDegradation", "mosScore": 2.5}) == []
    [violation] = extensions.violations({"@type": "QosDegradation", "mosScore": 9})
    assert (violation.field, violation.value) == ("mosScore", 9)
    [missing] = extensions.violations({"@type": "QosDegradation"})
    assert (missing.field, missing.message) == ("mosScore", "is missing")


def test_a_part_of_allof_counts(extensions: Extensions) -> None:
    [violation] = extensions.violations({"@type": "QosDegradation", "mosScore": 2, "kqi": 7})
    assert violation.field == "kqi"
    assert set(extensions.properties()) == {"mosScore", "kqi"}


def test_another_location_than_the_registered_one_is_refused(extensions: Extensions) -> None:
    elsewhere = "https://elsewhere.example.com/x.json"
    [violation] = extensions.violations({"@type": "QosDegradation", "@schemaLocation": elsewhere, "mosScore": 2})
    assert (violation.field, violation.value) == ("@schemaLocation", elsewhere)


@pytest.mark.parametrize("kind", ["ServiceProblem", "Unheard"])
def test_other_types_pass(extensions: Extensions, kind: str) -> None:
    assert extensions.violations({"@type": kind}) == []


def test_a_location_that_is_registered_belongs_to_its_type(extensions: Extensions) -> None:
    for name in ("ServiceProblem", "Unheard"):
        [violation] = extensions.violations({"@type": name, "@schemaLocation": LOCATION})
        assert (violation.field, violation.value) == ("@type", name)


def test_the_class_above_is_the_report_or_a_registered_type(extensions: Extensions) -> None:
    of = {"@type": "QosDegradation", "mosScore": 2}
    assert extensions.violations({**of, "@baseType": "QosDegradation"}) == []
    [violation] = extensions.violations({**of, "@baseType": "Nonsense"})
    assert (violation.field, violation.value) == ("@baseType", "Nonsense")


def test_what_two_types_do_not_agree_about_may_be_anything(tmp_path: Path) -> None:
    write(tmp_path, "A.json", {"properties": {"score": {"type": "number"}, "kqi": {"type": "string"}}})
    write(tmp_path, "B.json", {"properties": {"score": {"type": "string"}, "kqi": {"type": "string"}}})
    assert load_extensions(str(tmp_path)).properties() == {"score": {}, "kqi": {"type": "string"}}


def test_attributes_behind_references_are_known(tmp_path: Path) -> None:
    score = {"type": "number"}
    parts = {"Part": {"properties": {"mosRef": {"$ref": "#/$defs/Score"}}}, "Score": score}
    write(tmp_path, "Ref.json", {"$defs": parts, "$ref": "#/$defs/Part"})
    extensions = load_extensions(str(tmp_path))
    assert extensions.properties() == {"mosRef": score}
    [violation] = extensions.violations({"@type": "Ref", "mosRef": "high"})
    assert violation.field == "mosRef"


def test_a_reference_in_a_circle_ends(tmp_path: Path) -> None:
    write(
        tmp_path,
        "Circle.json",
        {
            "properties": {"a": {}},
            "allOf": [{"$ref": "#"}, {"$ref": "#/$defs/C"}],
            "$defs": {"C": {"$ref": "#/$defs/C"}},
        },
    )
    assert set(load_extensions(str(tmp_path)).properties()) == {"a"}


@pytest.mark.parametrize("place", ["definitions", "$defs"])
def test_the_shape_of_tm_forums_own_files_is_read(tmp_path: Path, place: str) -> None:
    definition = {"required": ["mos"], "properties": {"mos": {"type": "number", "maximum": 5}}}
    write(tmp_path, "Tmf.schema.json", {"$id": "Tmf.schema.json", "title": "Tmf", place: {"Tmf": definition}})
    extensions = load_extensions(str(tmp_path))
    assert set(extensions.properties()) == {"mos"}
    [violation] = extensions.violations({"@type": "Tmf", "mos": 9})
    assert violation.field == "mos"


def test_a_type_without_a_schema_is_a_subclass_all_the_same(extensions: Extensions) -> None:
    assert extensions.completed({"@type": "Unheard"}) == {"@type": "Unheard", "@baseType": "ServiceProblem"}
    assert extensions.completed({"@type": "ServiceProblem"}) == {"@type": "ServiceProblem"}


@pytest.mark.parametrize("draft", ["http://json-schema.org/draft-07/schema#", SCHEMA["$schema"]])
def test_the_schema_of_the_standard_may_be_referred_to_in_each_draft(tmp_path: Path, draft: str) -> None:
    write(tmp_path, "X.json", {**SCHEMA, "$schema": draft})
    assert (
        load_extensions(str(tmp_path)).violations({"@type": "X", "@schemaLocation": LOCATION, "mosScore": 2}) == []
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "unexpected end of data"),
        ([], "is not a JSON Schema: an object is expected"),
        ({"type": "frog"}, "is not a JSON Schema that can be used"),
        ({"$ref": "https://elsewhere.example.com/other.json"}, "which is not at hand"),
        ({"$id": "x", "definitions": {"Other": {"required": ["a"]}}}, "asks nothing of a report"),
    ],
)
def test_a_file_that_is_no_schema_refuses_to_start(tmp_path: Path, content: object, complaint: str) -> None:
    path = write(tmp_path, "Broken.json", content)
    with pytest.raises(InvalidSettings) as refused:
        load_extensions(str(tmp_path))
    [violation] = refused.value.violations
    assert violation.field == "[api] extension_schemas"
    assert violation.value == str(path)
    assert complaint in violation.message


def test_two_files_for_one_type_and_one_for_the_standards_are_refused(tmp_path: Path) -> None:
    for name in ("A.json", "A.schema.json", "ServiceProblem.json"):
        write(tmp_path, name, SCHEMA)
    with pytest.raises(InvalidSettings) as refused:
        load_extensions(str(tmp_path))
    assert len(refused.value.violations) == 2


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="no folder"):
        load_extensions(str(tmp_path / "none"))
