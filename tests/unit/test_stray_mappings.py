"""The folder of the operator's own mappings: it must be there, and hold nothing that no source would read."""

from pathlib import Path

import pytest

from hub.errors import InvalidSettings, Violation
from hub.intake.configured import refuse_stray_mappings

KNOWN = {"roundup", "alertmanager", "desk"}


def refused(folder: Path) -> tuple[Violation, ...]:
    with pytest.raises(InvalidSettings) as caught:
        refuse_stray_mappings(folder, KNOWN)
    return caught.value.violations


def test_a_folder_that_is_not_there_is_refused_by_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    (violation,) = refused(folder)
    assert (violation.field, violation.value) == ("[intake] mappings", str(folder))
    assert str(folder) in violation.message


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.write_text("system: desk\n")
    (violation,) = refused(folder)
    assert (violation.field, violation.value) == ("[intake] mappings", str(folder))


def test_every_mapping_that_nothing_asks_for_is_refused_by_its_file(tmp_path: Path) -> None:
    for name in ("rondup", "desk", "Roundup"):
        (tmp_path / f"{name}.yaml").touch()
    violations = refused(tmp_path)
    assert [violation.field for violation in violations] == [
        f"[intake] mappings {tmp_path / 'Roundup.yaml'}",
        f"[intake] mappings {tmp_path / 'rondup.yaml'}",
    ]
    assert all(violation.message.endswith("alertmanager, desk, roundup") for violation in violations)


def test_known_mappings_and_files_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    for name in ("roundup.yaml", "desk.yaml", "README.md"):
        (tmp_path / name).touch()
    refuse_stray_mappings(tmp_path, KNOWN)


def test_an_empty_folder_is_right(tmp_path: Path) -> None:
    refuse_stray_mappings(tmp_path, KNOWN)
