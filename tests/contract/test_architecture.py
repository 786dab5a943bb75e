"""The picture of the rooms, the import contracts and the folders on disk say the same."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
}


@dataclass(frozen=True, kw_only=True)
class Floor:
    """Rooms beside each other; `strangers` may not import one another; `planned` ones stand in brackets."""

    rooms: frozenset[str]
    strangers: bool
    planned: frozenset[str]


def floor(text: str) -> Floor:
    names = [name.strip() for name in re.split(r"[|:]", text)]
    return Floor(
        rooms=frozenset(name.strip("()") for name in names),
        strangers=":" not in text,
        planned=frozenset(name.strip("()") for name in names if name.startswith("(")),
    )


def drawn_floors() -> list[Floor]:
    """The floors of the picture, from the top down: what stands between the two walls of each of its lines."""
    return [
        floor(line.split("│")[1]) for line in PICTURE.splitlines() if line.count("│") == 2 and line[1].islower()
    ]


def contracted_floors() -> list[Floor]:
    return [floor(layer) for layer in CONTRACTS["floors"]["layers"]]


def rooms_on_disk() -> set[str]:
    inside = (ROOT / "hub").iterdir()
    folders = {path for path in inside if path.is_dir() and any(path.glob("*.py"))}
    modules = {path for path in (ROOT / "hub").glob("*.py") if not path.stem.startswith("__")}
    return {path.stem for path in folders | modules}


def test_the_picture_shows_the_floors_that_the_import_contract_checks() -> None:
    assert len(drawn_floors()) == 10
    assert drawn_floors() == contracted_floors()


def test_every_room_on_disk_is_in_the_picture_and_every_room_of_the_picture_on_disk() -> None:
    drawn = {room for each in drawn_floors() for room in each.rooms}
    planned = {room for each in drawn_floors() for room in each.planned}
    assert rooms_on_disk() == drawn - planned


def test_every_room_has_a_line_that_says_what_it_does() -> None:
    told = re.findall(r"^\| `([a-z]+)` \| \w", PICTURE, flags=re.MULTILINE)
    assert sorted(told) == sorted(room for each in drawn_floors() for room in each.rooms)


def test_a_room_that_is_not_in_the_contract_would_break_it() -> None:
    assert CONTRACTS["floors"]["containers"] == ["hub"]
    assert CONTRACTS["floors"]["exhaustive"] is True
    assert CONTRACTS["floors"]["exhaustive_ignores"] == ["__main__"]


def test_the_doors_are_strangers() -> None:
    assert all(each.strangers for each in drawn_floors() if each.rooms & {"api", "intake", "delivery", "console"})


def test_the_walls_around_adapters_sql_and_the_web_framework_stand() -> None:
    walls = {
        name: (wall["source_modules"], wall["forbidden_modules"])
        for name, wall in CONTRACTS.items()
        if name != "floors"
    }
    assert walls == {
        "adapters-see-ports": (["adapters"], ["hub"]),
        "hub-names-no-adapter": (["hub"], ["adapters"]),
        "sql-in-the-store": (["hub", "adapters"], ["sqlite3", "sqlite_utils"]),
        "connexion-in-the-api": (["hub", "adapters"], ["connexion"]),
    }
