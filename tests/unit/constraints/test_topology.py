"""The file that says which resource hangs on which, and which ones share a capacity."""

from pathlib import Path

import pytest

from hub.constraints.topology import NONE, read_topology
from hub.errors import InvalidSettings


def test_a_row_says_the_parent_the_group_or_both(tmp_path: Path) -> None:
    file = tmp_path / "topology.csv"
    file.write_text("resource,parent,group\nont-1,olt-1,\nolt-1,,ring-2\nolt-2,core,ring-2\n")
    topology = read_topology(str(file))
    assert topology.parents == {"ont-1": "olt-1", "olt-2": "core"}
    assert topology.groups == {"olt-1": "ring-2", "olt-2": "ring-2"}


def test_a_file_without_groups_is_read_and_none_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "topology.csv"
    file.write_text("resource,parent\nont-1,olt-1\n")
    assert read_topology(str(file)).parent("ont-1") == "olt-1"
    assert read_topology(str(file)).group("ont-1") is None
    assert read_topology("") is NONE


@pytest.mark.parametrize("row", ["ont-1,,", ",olt-1,ring-2", "ont-1"])
def test_a_row_that_says_nothing_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    file = tmp_path / "topology.csv"
    file.write_text(f"resource,parent,group\nont-0,olt-0,\n{row}\n")
    with pytest.raises(InvalidSettings, match=r"line 3 needs a resource, and a parent or a group"):
        read_topology(str(file))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="cannot be read"):
        read_topology(str(tmp_path / "none.csv"))
