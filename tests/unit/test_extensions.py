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
