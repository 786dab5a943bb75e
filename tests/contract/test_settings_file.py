"""The shipped settings file is the reference: every setting stands in it once, explained, with its default."""

import re
import tomllib
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path

import pytest

from hub import shipped
from hub.settings import ListSettings, SourceSettings, load_settings
from hub.settings.sections import SECTIONS

FILE = shipped.config_dir() / "qos-hub.toml"
LINES = FILE.read_text(encoding="utf-8").splitlines()
KEY = re.compile(r"([a-z0-9_]+) = ")


def example_of_a(table: str = "sources.helpdesk") -> list[str]:
    """The commented table that shows what a source, or a list, looks like, without its leading marks."""
    start = LINES.index(f"# [{table}]")
    stop = next(number for number in range(start, len(LINES)) if not LINES[number].startswith("#"))
    return [line.removeprefix("# ") for line in LINES[start:stop]]


def unexplained(lines: list[str]) -> list[str]:
    """Keys without a comment of their own in the line above."""
    return [line for above, line in pairwise(lines) if KEY.match(line) and above[:2] != "# "]


def test_the_file_has_every_section_and_key_and_no_other() -> None:
    in_file = {section: list(table) for section, table in tomllib.loads("\n".join(LINES)).items()}
    in_code = {section: [place.name for place in fields(kind)] for section, kind in SECTIONS.items()}
    assert in_file == in_code


def test_every_key_has_a_comment_of_its_own() -> None:
    assert len([line for line in LINES if KEY.match(line)]) == sum(len(fields(kind)) for kind in SECTIONS.values())
    assert unexplained(LINES) == []
    assert unexplained(example_of_a()) == []
    assert unexplained(example_of_a("lists.premium")) == []


def test_a_default_stands_in_the_file_and_nowhere_else() -> None:
    assert [
        place.name
        for kind in SECTIONS.values()
        for place in fields(kind)
        if place.default is not MISSING or place.default_factory is not MISSING
    ] == []


def test_the_example_of_a_source_has_every_key_with_its_default(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text("\n".join(example_of_a()), encoding="utf-8")
    settings = load_settings(path, {}, {})
    keys = {line.split(" = ")[0] for line in example_of_a() if KEY.match(line)}
    assert keys == {place.name for place in fields(SourceSettings)} - {"name"}
    shown = settings.sources["helpdesk"]
    plain = SourceSettings(name="helpdesk", adapter="roundup", options=shown.options)
    assert shown.interval == settings.interval_of(plain)
    assert (shown.mapping, shown.enabled, shown.backfill_notify) == (
        plain.mapping,
        plain.enabled,
        plain.backfill_notify,
    )


def test_the_example_of_a_list_has_every_key_with_its_default(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text("\n".join(example_of_a("lists.premium")), encoding="utf-8")
    settings = load_settings(path, {}, {})
    keys = {line.split(" = ")[0] for line in example_of_a("lists.premium") if KEY.match(line)}
    assert keys == {place.name for place in fields(ListSettings)} - {"name"}
    assert settings.lists["premium"] == ListSettings(name="premium", file="lists/premium.csv")


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_a_copy_of_the_file_changes_nothing(section: str) -> None:
    assert getattr(load_settings(FILE, {}, {}), section) == getattr(load_settings(None, {}, {}), section)
