"""The files that travel with the program are found inside the package first, beside the code second."""

from pathlib import Path

import pytest

from hub import shipped
from hub.errors import HubError


def place(root: Path) -> Path:
    root.mkdir(parents=True)
    (root / "qos-hub.toml").touch()
    return root


def find(root: Path) -> Path:
    return shipped.folder("config", holding="qos-hub.toml", package=root / "hub")


def test_a_checkout_has_the_folder_beside_the_package(tmp_path: Path) -> None:
    beside = place(tmp_path / "config")
    assert find(tmp_path) == beside


def test_the_package_wins_over_what_stands_beside_it(tmp_path: Path) -> None:
    place(tmp_path / "config")
    inside = place(tmp_path / "hub" / "_shipped" / "config")
    assert find(tmp_path) == inside


def test_a_folder_of_somebody_else_with_the_same_name_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    with pytest.raises(HubError, match=r"this installation is incomplete: qos-hub\.toml is neither in .* nor .*"):
        find(tmp_path)


def test_this_program_finds_its_own() -> None:
    assert (shipped.openapi_dir() / "serviceProblem-v5.yaml").is_file()
    assert (shipped.config_dir() / "qos-hub.toml").is_file()
