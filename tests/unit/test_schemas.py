"""Schemas of a contract: what compiles, what is refused, and in which words."""

import json
from typing import Any

import pytest

from hub.api.schemas import compile_schema, errors_of, is_instant, json_schema, load_contract
from hub.api.type_names import type_filler
from hub.errors import Violation
from hub.model.times import from_text
from hub.shipped import openapi_dir

FACE = load_contract(openapi_dir() / "serviceProblem-v5.yaml")
EXAMPLES = openapi_dir() / "examples"


def example(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return document


def violations(name: str, body: Any) -> list[Violation]:
    return errors_of(compile_schema(FACE, {"$ref": f"#/components/schemas/{name}"}), body)


def sentences(name: str, body: Any) -> list[str]:
    return [violation.sentence() for violation in violations(name, body)]


CREATE = example("serviceProblem.create.request")


def test_a_good_body_has_no_violations() -> None:
    assert violations("ServiceProblem_FVO", CREATE) == []


def test_all_violations_are_told_at_once() -> None:
    body = {**CREATE, "priority": 11, "status": "submitted", "category": "", "affectedService": [{"name": "x"}]}
    del body["reason"]
    assert set(sentences("ServiceProblem_FVO", body)) == {
        "reason: is missing",
        "priority: must be at most 10",
        "status: must be one of acknowledged, rejected, pending, held, inProgress, resolved, cancelled, closed",
        "category: must not be empty",
        "affectedService[0].id: is missing",
    }


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("priority", 0, "priority: must be at least 1"),
        ("priority", True, "priority: must be a whole number, not true or false"),
        ("priority", 2.5, "priority: must be a whole number, not a number"),
        ("reason", None, "reason: must be a text, not null"),
        ("note", "seen", "note: must be a list or null, not a text"),
        ("note", [3], "note[0]: must be an object, not a whole number"),
        (
            "originatorParty",
            {"role": "customer", "partyOrPartyRole": {"id": 7}},
            "originatorParty.partyOrPartyRole.id: must be a text, not a whole number",
        ),
        (
            "affectedLocation",
            [{"role": "site", "place": "Dresden"}],
            "affectedLocation[0].place: must be an object, not a text",
        ),
        (
            "affectedLocation",
            [{"role": "site", "place": {"@type": "PlaceRef", "id": 7}}],
            "affectedLocation[0].place.id: must be a text, not a whole number",
        ),
        (
            "creationDate",
            "2026-03-02T09:25:00",
            "creationDate: must be a time with its zone, such as 2026-03-01T12:00:00Z",
        ),
    ],
)
def test_a_violation_names_the_place_and_the_rule(attribute: str, value: Any, sentence: str) -> None:
    assert sentences("ServiceProblem_FVO", {**CREATE, attribute: value}) == [sentence]


@pytest.mark.parametrize(
    ("body", "sentence"), [([], "must be an object, not a list"), (None, "must be an object, not null")]
)
def test_a_body_that_is_no_object_is_told_as_a_whole(body: Any, sentence: str) -> None:
    assert sentences("ServiceProblem_FVO", body) == [sentence]


def test_a_violation_shows_the_value_and_cuts_a_long_one() -> None:
    (short,) = violations("ServiceProblem_FVO", {**CREATE, "priority": 11})
    assert short.value == 11
    (long,) = violations("ServiceProblem_FVO", {**CREATE, "note": "x" * 5000})
    assert long.value == "x" * 200 + "…"


def test_a_secret_is_never_repeated() -> None:
    (violation,) = violations("Hub_FVO", {"callback": "https://a.example.com/x", "secret": "whsec_short"})
    assert violation.field == "secret"
    assert violation.value is None


def test_a_body_with_too_many_faults_lists_a_hundred() -> None:
    assert len(violations("ServiceProblem_FVO", {**CREATE, "note": [1] * 1000})) == 100


def test_a_value_too_deep_to_quote_is_still_refused() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    (violation,) = violations("ServiceProblem_FVO", {**CREATE, "name": deep})
    assert "nested too deeply" in violation.message


@pytest.mark.parametrize("name", ["name", "impactPattern", "responsibleParty", "note", "affectedNumberOfServices"])
def test_a_patch_may_remove_an_optional_attribute_with_null(name: str) -> None:
    assert violations("ServiceProblem_MVO", {name: None}) == []


@pytest.mark.parametrize("name", ["category", "description", "priority", "reason", "originatorParty", "status"])
def test_a_patch_may_not_remove_a_mandatory_attribute(name: str) -> None:
    assert [violation.field for violation in violations("ServiceProblem_MVO", {name: None})] == [name]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"responsibleParty": 3}, "responsibleParty: must be an object, not a whole number"),
        ({"name": 3}, "name: must be a text or null, not a whole number"),
        ({"responsibleParty": {"role": 3}}, "responsibleParty.role: must be a text or null, not a whole number"),
        ({"status": None}, "status: must be a text, not null"),
    ],
)
def test_a_violation_of_an_alternative_says_what_was_meant(body: Any, sentence: str) -> None:
    assert sentences("ServiceProblem_MVO", body) == [sentence]


def test_a_registration_may_have_a_null_query_and_no_type() -> None:
    assert violations("Hub_FVO", {"callback": "https://a.example.com/x", "query": None}) == []
    assert sentences("Hub_FVO", {"callback": "nowhere"}) == [
        "callback: must be an absolute address, such as https://listener.example.com/events"
    ]
    assert sentences("Hub_FVO", {"callback": "http://b\u00fccher.example/"}) == [
        "callback: must be an address in ASCII: write the host in its ASCII form (xn--…), and all else percent-encoded"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:25:00Z",
        "2026-03-02T09:25:00.1234567+02:00",
        "2024-02-29T23:59:59-00:00",
        "0001-01-01T00:00:00Z",
    ],
)
def test_an_instant_is_one_that_the_hub_can_read(text: str) -> None:
    assert is_instant(text)
    assert from_text(text).tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:25:00",
        "2026-03-02",
        "2026-03-02 09:25:00Z",
        "2026-03-02T09:25Z",
        "2026-02-30T00:00:00Z",
        "2026-03-02T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-03-02T09:25:00+0200",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "２026-03-02T09:25:00Z",
        "yesterday",
        "",
    ],
)
def test_a_text_that_names_no_instant_is_refused(text: str) -> None:
    assert not is_instant(text)


@pytest.mark.parametrize(
    ("openapi", "draft4"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"nullable": True, "allOf": [{"$ref": "#/components/schemas/X"}]},
            {"anyOf": [{"allOf": [{"$ref": "#/components/schemas/X"}]}, {"type": "null"}]},
        ),
        ({"$ref": "#/components/schemas/X", "description": "x"}, {"$ref": "#/components/schemas/X"}),
        (
            {"type": "object", "description": "x", "x-note": 1, "properties": {"description": {"readOnly": True}}},
            {"type": "object", "properties": {"description": {}}},
        ),
        (
            {"type": "array", "items": {"type": "string", "example": "a"}},
            {"type": "array", "items": {"type": "string"}},
        ),
        (
            {"additionalProperties": {"nullable": True, "type": "number"}},
            {"additionalProperties": {"type": ["number", "null"]}},
        ),
        ({"additionalProperties": False}, {"additionalProperties": False}),
    ],
)
def test_an_openapi_schema_becomes_a_json_schema(openapi: dict[str, Any], draft4: dict[str, Any]) -> None:
    assert json_schema(openapi) == draft4


def without_types(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_types(each) for key, each in value.items() if key != "@type"}
    return [without_types(each) for each in value] if isinstance(value, list) else value


def test_missing_types_are_filled_in_so_that_the_answer_fits_the_contract() -> None:
    fill = type_filler(FACE, "ServiceProblem")
    answer = example("serviceProblem.create.response")
    bare = without_types(answer)
    assert violations("ServiceProblem", bare) != []
    assert violations("ServiceProblem", fill(bare)) == []
    assert fill(bare)["affectedLocation"][0]["place"]["@type"] == "GeographicAddress"
    assert fill(bare)["characteristic"] == answer["characteristic"]


def test_a_type_that_is_there_stays() -> None:
    fill = type_filler(FACE, "ServiceProblem")
    answer = example("serviceProblem.create.response")
    assert fill(answer) == answer
    special = {**answer, "@type": "QosConstraint", "note": [{"@type": "WorkNote", "text": "x"}]}
    assert fill(special) == special


def test_values_without_a_type_of_their_own_stay_as_they_are() -> None:
    fill = type_filler(FACE, "ServiceProblem")
    body = {
        "@type": "ServiceProblem",
        "ours": {"a": 1, "b": None},
        "characteristic": [{"@type": "C", "value": {"a": 1}}, {"@type": "C", "value": None}],
    }
    assert fill(body) == body


def test_null_is_absent_where_the_schema_knows_better() -> None:
    fill = type_filler(FACE, "ServiceProblem")
    body = {"@type": None, "name": None, "note": [{"text": "x", "author": None}], "impactPattern": None}
    assert violations("ServiceProblem_FVO", {**CREATE, **body}) == []
    assert fill(body) == {"@type": "ServiceProblem", "note": [{"@type": "Note", "text": "x"}]}


@pytest.mark.parametrize(
    ("word", "meant"), [("InProgress", "inProgress"), ("in_progress", "inProgress"), ("RESOLVED", "resolved")]
)
def test_a_word_that_is_spelt_in_another_way_is_refused_with_the_right_one(word: str, meant: str) -> None:
    (sentence,) = sentences("ServiceProblem_FVO", {**CREATE, "status": word})
    assert sentence.endswith(f"; did you mean {meant}?")
