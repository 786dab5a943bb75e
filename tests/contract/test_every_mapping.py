"""Every shipped mapping loads, its examples come out as they say, and the contract accepts what it makes."""

from pathlib import Path

import pytest

from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.intake.mapping import render
from hub.intake.mapping_file import failed_examples, load_mapping

PROJECT = Path(__file__).parents[2]
FILES = sorted((PROJECT / "config/sources").glob("*.yaml"))


def test_there_is_a_mapping_for_every_adapter() -> None:
    adapters = {path.parent.name for path in (PROJECT / "adapters").glob("*/source.py")}
    assert adapters == {path.stem for path in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_examples_come_out_as_the_file_says(file: Path) -> None:
    mapping = load_mapping(file)
    assert len(mapping.examples) >= 2
    failed = [f"example {number}: {rendered.document}" for number, _, rendered in failed_examples(mapping)]
    assert failed == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_carries_its_times(file: Path) -> None:
    mapping = load_mapping(file)
    rendered = render(mapping, mapping.examples[0]["record"])
    assert rendered.event_time is not None
    assert rendered.start_time is not None
    assert rendered.event_time >= rendered.start_time


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_mapping_makes_is_a_report_by_the_contract(file: Path) -> None:
    contract = load_contract(PROJECT / "openapi/serviceProblem-v5.yaml")
    validator = compile_schema(contract, {"$ref": "#/components/schemas/ServiceProblem_FVO"})
    mapping = load_mapping(file)
    for example in mapping.examples:
        rendered = render(mapping, example["record"])
        report = {"@type": "ServiceProblem", **mapping.defaults, **rendered.document}
        assert errors_of(validator, report) == []


@pytest.mark.parametrize(
    ("system", "record", "status", "unmapped"),
    [
        ("tmf642", {"state": "raised", "ackState": "ACKNOWLEDGED"}, "acknowledged", ()),
        ("tmf642", {"state": "Raised", "ackState": "Un-Acknowledged"}, "inProgress", ()),
        ("tmf642", {"state": "UPDATED", "perceivedSeverity": "MAJOR"}, "inProgress", ()),
        ("tmf642", {"perceivedSeverity": "Cleared"}, "resolved", ()),
        ("tmf642", {"state": "CLEARED", "ackState": "Acknowledged", "perceivedSeverity": "major"}, "resolved", ()),
        ("tmf642", {"state": "raised", "ackState": "ACK"}, None, (("status", "ACK"),)),
        ("tmf642", {"state": "cleared", "ackState": "ACK"}, "resolved", ()),
        ("tmf642", {"state": "On Hold", "ackState": ""}, None, (("status", "On Hold"),)),
        ("tmf642", {"perceivedSeverity": "Severe"}, "inProgress", (("priority", "Severe"),)),
        ("tmf642", {"perceivedSeverity": 3}, "inProgress", (("priority", "3"),)),
        ("tmf621", {"status": "IN_PROGRESS", "priority": "CRITICAL"}, "inProgress", ()),
        ("tmf621", {"status": "In progress", "severity": "major"}, "inProgress", ()),
        ("tmf621", {"status": "Waiting"}, None, (("status", "Waiting"),)),
        ("tmf656", {"status": "In Progress"}, "inProgress", ()),
        ("tmf656", {"status": "SUBMITTED"}, "acknowledged", ()),
        ("tmf656", {"status": "waiting"}, None, (("status", "waiting"),)),
    ],
)
def test_words_of_peers_are_known_in_any_spelling_and_counted_where_they_are_not(
    system: str, record: dict[str, object], status: str | None, unmapped: tuple[tuple[str, str], ...]
) -> None:
    rendered = render(load_mapping(PROJECT / f"config/sources/{system}.yaml"), {"id": "1", **record})
    assert (rendered.document.get("status"), tuple(rendered.unmapped)) == (status, unmapped)


@pytest.mark.parametrize(
    ("category", "name", "resolution", "status"),
    [
        ("indeterminate", "WAITING FOR CUSTOMER", None, "pending"),
        ("indeterminate", "On-Hold", None, "held"),
        ("done", "CLOSED", None, "closed"),
        ("done", "Done", "Won\u2019t do", "cancelled"),
        ("done", "Done", "DUPLICATE", "rejected"),
        ("indeterminate", "Closed", None, "inProgress"),
    ],
)
def test_common_names_of_jira_are_known_in_any_spelling(
    category: str, name: str, resolution: str | None, status: str
) -> None:
    fields = {
        "status": {"name": name, "statusCategory": {"key": category}},
        "resolution": resolution and {"name": resolution},
    }
    rendered = render(load_mapping(PROJECT / "config/sources/jira.yaml"), {"id": "1", "fields": fields})
    assert rendered.document["status"] == status
