"""The kit leaves nothing out: each answer that a contract promises is expected by some step, or has its reason here."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from tests.acceptance.contract_client import SERVED, operation_of
from tests.contract.kit_checks import contract
from tests.contract.kit_runner import Scenario
from tests.contract.test_kit import SCENARIOS

METHODS = ("get", "post", "put", "patch", "delete")

NOT_REACHED = {
    "* 401": "needs keys: test_access and test_identity",
    "* 403": "needs keys: test_access and test_identity",
    "* 408": "needs a slow sender: test_limits",
    "* 429": "needs many calls: test_limits",
    "* 405": "is an answer of the path, not of the operation: the test below",
    "* previewReportDefinition 501": "needs an installation without the extra: test_renderers",
    "* 500": "is a defect of the hub",
    "* 503": "needs a database that is busy, full or slow: test_list_limits, test_limits and test_full_disk",
    **{
        f"serviceProblem-v?.yaml {operation}": "stands in the official file; here nothing gives rise to it"
        for operation in (
            "create* 404",
            "list* 404",
            "registerListener 404",
            "create[PS]* 501",
            "delete* 501",
            "retrieve* 501",
            "delete* 400",
            "delete* 409",
            "create*cknowledgement 409",
            "createProblemUngroup 409",
        )
    },
    "* hubDelete [45]0[01]": "stands in the official file as `default`",
    "* unregisterListener [45]0[01]": "stands in the official file; here nothing gives rise to it",
}
"""What the kit cannot bring about, by patterns of `contract operationId status`, with the reason."""


ELSEWHERE = ("retrieveSharedManagementReport",)
"""Operations that no scenario can end well: test_report_events, which has links, calls it."""


@cache
def expected() -> frozenset[str]:
    """`contract operationId status` of all that the steps of the scenarios expect."""
    return frozenset(found for path in SCENARIOS for found in _expected_by(Scenario(path)))


def _expected_by(scenario: Scenario) -> Iterator[str]:
    for step in (step for rows in scenario.steps for step in rows):
        method, path = step["request"]["method"], urlsplit(scenario.path_of(step["request"])).path
        operation = operation_of(method, path)
        if operation is not None and method != "HEAD":
            base = next(name for name in SERVED if path.lstrip("/").startswith(base_of(name).lstrip("/")))
            yield f"{base} {operation.name} {step['expect']['status']}"


def base_of(name: str) -> str:
    base: str = contract(name)["servers"][0]["url"]
    return base


@cache
def promised() -> dict[str, list[str]]:
    """{`contract operationId`: its statuses}"""
    return {
        f"{name} {operation['operationId']}": sorted(operation["responses"])
        for name in SERVED
        for operation in _operations(contract(name))
        if not any(fnmatchcase(operation["operationId"], known) for known in ELSEWHERE)
    }


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from (item[method] for method in METHODS if method in item)


def test_every_answer_that_is_promised_is_expected_somewhere() -> None:
    whole = {f"{operation} {status}" for operation, statuses in promised().items() for status in statuses}
    left_out = {one for one in whole - expected() if not any(fnmatchcase(one, known) for known in NOT_REACHED)}
    assert sorted(left_out) == []


def test_what_is_not_reached_is_not_expected_either() -> None:
    whole = {f"{operation} {status}" for operation, statuses in promised().items() for status in statuses}
    stale = [known for known in NOT_REACHED if not any(fnmatchcase(one, known) for one in whole - expected())]
    assert stale == []


def test_every_path_refuses_the_methods_that_it_has_not() -> None:
    asked = {
        urlsplit(scenario.path_of(step["request"])).path
        for scenario in map(Scenario, SCENARIOS)
        for step in (step for rows in scenario.steps for step in rows)
        if step["expect"]["status"] == 405
    }
    left_out = [
        path for path in paths() if not any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), one) for one in asked)
    ]
    assert left_out == []


def paths() -> list[str]:
    return [base_of(name) + path for name in SERVED for path in contract(name)["paths"]]


def test_every_operation_succeeds_somewhere() -> None:
    without = [
        operation
        for operation, statuses in promised().items()
        if not any(f"{operation} {status}" in expected() for status in statuses if status.startswith("2"))
    ]
    assert without == []
