"""What a client may change of a constraint, and what becomes of one that cannot be read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.api.constraints import constraint_view
from hub.constraints.weekly import weekly_review
from hub.errors import InvalidInput
from hub.model.constraint import KEPT_VALUES, values_of
from hub.model.problem import Document
from hub.store.tables import Tables
from tests.integration.test_constraints import Watched
from tests.rooms import NOON

MINE: Document = {"@type": "Characteristic", "name": "roomNumber", "value": "4.12"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watched]:
    desk = Watched(tmp_path)
    yield desk
    desk.store.close()


def refused(desk: Watched, **attributes: Any) -> set[tuple[str, Any]]:
    with pytest.raises(InvalidInput) as error:
        desk.patch(desk.one()[0], **attributes)
    return {(one.field, one.value) for one in error.value.violations}


def test_the_hub_keeps_every_characteristic_that_it_writes(desk: Watched) -> None:
    desk.burst(6)
    assert values_of(desk.one()[1]).keys() <= set(KEPT_VALUES)


def test_what_the_hub_keeps_of_a_constraint_is_refused_and_named(desk: Watched) -> None:
    desk.burst(6)
    _, document = desk.one()
    without = [one for one in document["characteristic"] if one["name"] != "phase"]
    assert refused(desk, characteristic=without) == {("characteristic.phase", None)}
    other = [{**one, "value": "x"} if one["name"] == "key" else one for one in document["characteristic"]]
    assert refused(desk, characteristic=other) == {("characteristic.key", "x")}
    twice = [*document["characteristic"], {"@type": "Characteristic", "name": "key", "value": "x"}]
    assert ("characteristic.key", "OLT-7") in refused(desk, characteristic=twice)
    assert ("characteristic.keyKind", None) in refused(desk, characteristic=[MINE])
    assert refused(desk, category="network") == {("category", "network")}
    assert refused(desk, status="resolved") == {("status", "resolved")}
    assert refused(desk, status="held") == {("status", "held")}
    desk.clock.now = NOON + timedelta(hours=3)
    desk.work()
    assert desk.one()[1]["status"] == "resolved"
    assert refused(desk, status="inProgress") == {("status", "inProgress")}


def test_what_people_add_stays_when_the_hub_writes_it_anew(desk: Watched) -> None:
    desk.burst(6)
    constraint_id, document = desk.one()
    desk.patch(constraint_id, priority=1, characteristic=[*document["characteristic"], MINE])
    desk.report(9, 13, affectedResource=[{"id": "OLT-7"}])
    desk.work()
    _, after = desk.one()
    assert (after["priority"], len(after["underlyingProblem"])) == (1, 7)
    assert values_of(after)["roomNumber"] == "4.12"
    assert values_of(after)["customers"] == 7
    desk.patch(desk.one()[0], status="cancelled")


def broken(desk: Watched, change: Document) -> None:
    """As an older hub let it become."""
    constraint_id, document = desk.one()

    def write(tables: Tables) -> None:
        after = {**document, **change}
        values = (orjson.dumps(after).decode(), after["status"], constraint_id)
        tables.connection.execute("UPDATE problem SET document = ?, status = ? WHERE id = ?", values)

    desk.store.write(write)


def test_one_that_cannot_be_read_is_said_and_ends_nothing(
    desk: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.burst(6)
    broken(desk, {"characteristic": [MINE]})
    desk.task = desk.watcher()
    desk.work()
    assert "constraint.unreadable" in capsys.readouterr().out
    view = constraint_view(*desk.one(), base_url="", face_url="")
    assert (view["phase"], view["key"]) == ("confirmed", {"kind": "resource", "value": "OLT-7"})
    desk.burst(6, resource="OLT-8")
    assert len(desk.found()) == 2
    assert weekly_review(desk.store.read, "2026-W09", now=desk.clock.now)["raised"]["resourceFailure"] == 2


def test_one_that_was_reopened_by_hand_ends(desk: Watched) -> None:
    desk.burst(6)
    desk.clock.now = NOON + timedelta(hours=3)
    desk.work()
    broken(desk, {"status": "inProgress"})
    desk.task = desk.watcher()
    desk.work()
    _, document = desk.one()
    assert (document["status"], values_of(document)["phase"]) == ("resolved", "cleared")


def test_what_was_ungrouped_by_hand_stays_out(desk: Watched) -> None:
    reports = desk.burst(6)
    constraint_id, _ = desk.one()
    desk.ungroup(constraint_id, reports[0])
    for restarts in (False, True):
        if restarts:
            desk.task = desk.watcher()
        desk.report(9 + restarts, 13 + restarts, affectedResource=[{"id": "OLT-7"}])
        desk.work()
    members = [one["id"] for one in desk.one()[1]["underlyingProblem"]]
    assert reports[0].id not in members
    assert len(members) == 7
    assert "parentProblem" not in desk.kept(reports[0]).document
