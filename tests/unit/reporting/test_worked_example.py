"""The worked example that lies beside the project, where it does: it has the times of ours, and so the same figures."""

import json
from pathlib import Path

import pytest

from hub.reporting.account import to_bytes
from tests.unit.reporting.example import MARCH, REPORTS, TAKEN, at, march, timeline

FILE = (Path(__file__).resolve().parents[3] / "../shared/data/worked_example.json").resolve()


@pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not here")
def test_the_worked_example_is_ours() -> None:
    given = json.loads(FILE.read_text(encoding="utf-8"))
    lines = []
    for name, one in given["reports"].items():
        steps = [(when.removesuffix("+00:00"), TAKEN if step == "ACK" else step) for when, step in one["t"]]
        lines.append(timeline(name, one["cust"], str(one["sev"]), one["svc"], steps))
    assert [one.id for one in lines] == list(REPORTS)
    assert at(given["asOf"].removesuffix("Z")) == MARCH.as_of
    assert to_bytes(march(lines)) == to_bytes(march())
