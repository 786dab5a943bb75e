"""The kit finds what is wrong: each thing that a step can expect fails on an answer that is not so."""

import json
from pathlib import Path
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from tests.contract.kit_checks import check_answer
from tests.contract.kit_http import Answer
from tests.contract.kit_runner import Scenario

CONTRACT = "serviceProblem-v5.yaml"
BODY = {
    "code": "notFound",
    "reason": "Größe",
    "@type": "Error",
    "violation": [{"field": "a", "message": "m"}],
    "n": 1,
}


def answer(body: Any = BODY, status: int = 404) -> Answer:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Answer(status_code=status, headers=CaseInsensitiveDict({"ETag": '"1"'}), content=content)


FITTING: dict[str, Any] = {
    "status": 404,
    "schema": "Error",
    "mandatory": ["code", "reason"],
    "absent": ["status"],
    "holds": {"code": "notFound", "violation.*.field": ["a"], "violation.length": 1, "violation.0.message": "m"},
    "contains": ["Größe"],
    "headers": {"etag": '".+"', "Location": None},
}


def test_an_answer_that_fits_passes() -> None:
    check_answer(answer(), FITTING, CONTRACT)


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"status": 200}, "status 404, not 200"),
        ({"schema": "ServiceProblem"}, "id: is missing"),
        ({"schema": ["Error"]}, "is no list"),
        ({"mandatory": ["status"]}, "lacks status"),
        ({"absent": ["code", "n"]}, "has code, n"),
        ({"holds": {"code": "other"}}, "code is 'notFound', not 'other'"),
        ({"holds": {"n": True}}, "n is 1, not True"),
        ({"holds": {"violation.1.field": "a"}}, "violation.1.field is missing"),
        ({"holds": {"violation.*.value": ["a"]}}, r"violation.\*.value is \[None\]"),
        ({"contains": ["Grösse"]}, "has no 'Grösse'"),
        ({"headers": {"ETag": "1"}}, "ETag is '\"1\"', not '1'"),
        ({"headers": {"ETag": None}}, "ETag is"),
    ],
)
def test_what_does_not_fit_is_named(expect: dict[str, Any], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_answer(answer(), FITTING | expect, CONTRACT)


def test_an_empty_list_shows_nothing_and_text_in_another_encoding_is_none() -> None:
    with pytest.raises(AssertionError, match="is an empty list"):
        check_answer(answer([]), {"status": 404, "schema": ["Error"]}, CONTRACT)
    latin = Answer(status_code=404, headers=CaseInsensitiveDict(), content='{"code": "ü"}'.encode("latin-1"))
    with pytest.raises(AssertionError, match="no JSON in UTF-8"):
        check_answer(latin, {"status": 404, "holds": {"code": "ü"}}, CONTRACT)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{request: {method: GET, path: /hub}, expect: {status: 1}, name: n, hope: x}", "does not know .'hope'"),
        ("{request: {method: GET, path: /hub}, expect: {statsu: 1}, name: n}", "does not know .'statsu'"),
    ],
)
def test_a_word_that_the_kit_does_not_know_is_refused(tmp_path: Path, step: str, message: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(f"contract: {CONTRACT}\nsteps: [{step}]\n")
    with pytest.raises(AssertionError, match=message):
        Scenario(path)


def test_a_variable_that_nothing_kept_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    step = "{name: n, request: {method: GET, path: '/hub/${hub}'}, expect: {status: 404}}"
    path.write_text(f"contract: {CONTRACT}\nsteps: [{step}]\n")
    with pytest.raises(AssertionError, match=r"n: no \$\{hub\} was kept"):
        Scenario(path).run("http://127.0.0.1:9", {})
