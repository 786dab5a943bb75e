"""The words in which a status is written into a ticket: each is one that is read as that status."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.errors import InvalidSettings
from hub.intake.mapping_file import load_mapping, mapping_from
from tests.fakes.intake_bench import MAPPING


@pytest.mark.parametrize(
    ("write", "told"),
    [
        ({"status": {"open": "done"}}, "write.status.open: 'open' is no status of TMF656"),
        ({"priority": {}}, "write.priority: only the words for status are written"),
    ],
)
def test_words_for_what_is_no_status_are_refused(write: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        mapping_from({**MAPPING, "write": write}, "desk.yaml")
    assert told in str(refused.value)


def test_a_word_that_would_not_come_back_as_its_status_is_refused() -> None:
    words = {"status": {"inProgress": "done", "resolved": "done", "held": "shelved"}}
    with pytest.raises(InvalidSettings) as refused:
        mapping_from({**MAPPING, "write": words}, "desk.yaml")
    assert str(refused.value) == (
        "desk.yaml: write.status.inProgress: `fields.status.table` reads 'done' as resolved: it would undo what is"
        " written; write.status.held: `fields.status.table` has no word 'shelved'; its words are new, working,"
        " waiting, done, closed"
    )


def test_a_word_that_is_written_is_known_by_a_number_and_without_a_table() -> None:
    status = {"path": "state", "table": {1: "inProgress", "2": "resolved"}}
    numbers = {**MAPPING, "fields": {**MAPPING["fields"], "status": status}}
    words = {"status": {"inProgress": "1", "resolved": "2"}}
    assert mapping_from({**numbers, "write": words}, "desk.yaml").words == words["status"]
    plain = {**MAPPING, "fields": {**MAPPING["fields"], "status": {"path": "state"}}}
    assert mapping_from({**plain, "write": {"status": {"held": "held"}}}, "desk.yaml").words == {"held": "held"}
    with pytest.raises(InvalidSettings, match=r"write\.status\.held: 'shelved' is read as 'shelved'"):
        mapping_from({**plain, "write": {"status": {"held": "shelved"}}}, "desk.yaml")


def test_a_word_of_the_shipped_file_that_an_own_table_reads_otherwise_is_left_out(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped.yaml", tmp_path / "own.yaml"
    words = {"inProgress": "working", "resolved": "done"}
    shipped.write_text(yaml.safe_dump({**MAPPING, "write": {"status": words}}))
    table = {"fields": {"status": {"table": {"done": "closed"}}}}
    own.write_text(yaml.safe_dump(table))
    assert load_mapping(shipped, own).words == {"inProgress": "working"}
    own.write_text(yaml.safe_dump({**table, "write": {"status": {"closed": "dun"}}}))
    with pytest.raises(InvalidSettings, match=r"own\.yaml: write\.status\.closed: .* has no word 'dun'"):
        load_mapping(shipped, own)
