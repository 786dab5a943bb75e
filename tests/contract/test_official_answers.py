"""The answers and events that the official files show: our contracts and faces take them for what they are."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest

from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.api.type_names import type_filler
from hub.faces import v4
from hub.shipped import openapi_dir
from tests.contract.official import Contract, Node
from tests.contract.test_official_examples import V4, V5, official, ours
from tests.contract.test_official_v4 import OFFICIAL as OFFICIAL_V4
from tests.contract.test_official_v4 import SPECS
from tests.contract.test_official_v5 import OFFICIAL as OFFICIAL_V5

pytestmark = pytest.mark.skipif(
    not (OFFICIAL_V5.is_file() and OFFICIAL_V4.is_file()),
    reason="the official TMF656 files are not beside the project",
)


class Shown(NamedTuple):
    """An example, and the schema of ours that it should fit."""

    name: str
    contract: Contract
    schema: Node
    value: Any

    def __str__(self) -> str:
        return self.name


EXCEPTIONS = {
    ("POST /listener/*", "recordTime: is missing"): "our addition: when the hub recorded it",
    ("POST /listener/*", "sequence: is missing"): "our addition: a listener sees what is missing or out of order",
    ("POST /listener/problemUngroup*", "event.problemGroup: is missing"): (
        "the official schema names the payload `problemGroup`, its example `problemUngroup`"
    ),
    ("POST /listener/serviceProblemAttributeValueChangeEvent", "event.serviceProblem.id: is missing"): (
        "the example does not say which report changed; the hub always does"
    ),
    ("POST /listener/serviceProblemAttributeValueChangeEvent", "event.serviceProblem.href: is missing"): (
        "the same, by its address"
    ),
}
"""{(examples, what our contract finds wrong in them): why that is right}"""


def answers_of_v5() -> Iterator[Shown]:
    theirs, own = official(V5), ours(V5)
    for call, operation in theirs.calls().items():
        if "/listener/" in call:
            continue
        for status, response in operation["responses"].items():
            content = theirs.resolved(response).get("content", {})
            examples = {name: one for each in content.values() for name, one in each.get("examples", {}).items()}
            for name, example in examples.items():
                value = theirs.resolved(example)["value"]
                yield Shown(f"{call} {status} {name}", own, _answer_of(own, call, status), value)


def _answer_of(own: Contract, call: str, status: str) -> Node:
    """The schema of our answer with this status; of the one that there is instead, where the hub never gives it."""
    responses = own.calls()[call]["responses"]
    instead = next(each for each in sorted(responses) if each.startswith("2"))
    found: Node = own.resolved(responses.get(status, responses[instead]))["content"]["application/json"]["schema"]
    return found


def events_of_v5() -> Iterator[Shown]:
    theirs = official(V5)
    events = Contract(load_contract(openapi_dir() / "serviceProblem-v5.yaml"))
    for call, operation in theirs.calls().items():
        if "/listener/" in call:
            [content] = theirs.resolved(operation["requestBody"])["content"].values()
            schema = {"$ref": content["schema"]["$ref"]}
            for example in content["examples"].values():
                value = theirs.resolved(example)["value"]
                yield Shown(call, events, schema, value)


def samples_of_v4() -> Iterator[Shown]:
    for name in ("ServiceProblem", "ServiceProblemEventRecord"):
        sample = json.loads((SPECS / f"TMF656.sample.{name}.example.json").read_text("utf-8"))
        schema = {"$ref": f"#/components/schemas/{name}"}
        for each in sample if isinstance(sample, list) else [sample]:
            yield Shown(f"TMF656.sample.{name}", ours(V4), schema, each)


def all_shown() -> list[Shown]:
    if not (OFFICIAL_V5.is_file() and OFFICIAL_V4.is_file()):
        return []
    return [*answers_of_v5(), *events_of_v5(), *samples_of_v4()]


def faults(shown: Shown) -> list[str]:
    found = errors_of(compile_schema(shown.contract.document, shown.schema), shown.value)
    return [violation.sentence() for violation in found]


def explains(known: tuple[str, str], shown: Shown, fault: str) -> bool:
    return fnmatchcase(shown.name, known[0]) and fault == known[1]


@pytest.mark.parametrize("shown", all_shown(), ids=str)
def test_our_contract_takes_what_the_standard_shows(shown: Shown) -> None:
    unexplained = [one for one in faults(shown) if not any(explains(known, shown, one) for known in EXCEPTIONS)]
    assert unexplained == []


def test_every_exception_is_needed() -> None:
    found = [(shown, fault) for shown in all_shown() for fault in faults(shown)]
    stale = [known for known in EXCEPTIONS if not any(explains(known, *one) for one in found)]
    assert stale == []


def test_all_of_them_are_read() -> None:
    names = [shown.name for shown in all_shown()]
    assert len(official(V5).document["components"]["examples"]) == 47
    assert len([name for name in names if "/listener/" in name]) == 17
    assert len([name for name in names if not name.startswith(("POST /listener/", "TMF656"))]) >= 20


def reports_shown() -> list[Shown]:
    return [
        shown._replace(value=report)
        for shown in all_shown()
        for report in (shown.value if isinstance(shown.value, list) else [shown.value])
        if "priority" in report and "event" not in report
    ]


def seen_by(contract: Contract, report: Node) -> list[str]:
    """What a contract finds wrong with a report, but for the role that the official first alert has not."""
    shown = Shown("a report", contract, {"$ref": "#/components/schemas/ServiceProblem"}, report)
    return [fault for fault in faults(shown) if not fault.startswith("firstAlert.role")]


@pytest.mark.parametrize("shown", [one for one in reports_shown() if one.contract is ours(V5)], ids=str)
def test_a_report_of_v5_is_one_of_v4_and_the_same_when_it_comes_back(shown: Shown) -> None:
    translated = v4.outgoing(shown.value)
    assert seen_by(ours(V4), translated) == []
    assert v4.incoming(translated, shown.value) == shown.value


@pytest.mark.parametrize("shown", [one for one in reports_shown() if one.contract is ours(V4)], ids=str)
def test_a_report_of_v4_is_one_of_v5_and_shown_again_with_all_that_it_had(shown: Shown) -> None:
    kept = type_filler(ours(V5).document, "ServiceProblem")(v4.incoming(shown.value))
    assert seen_by(ours(V5), kept) == []
    assert has_all_of(shown.value, v4.outgoing(kept))


def has_all_of(given: Any, found: Any) -> bool:
    """Whether all that was given is found, beside what was added, such as an `@type`."""
    if isinstance(given, dict):
        return all(name in found and has_all_of(each, found[name]) for name, each in given.items())
    if isinstance(given, list):
        return len(given) == len(found) and all(has_all_of(*pair) for pair in zip(given, found, strict=True))
    return bool(given == found)
