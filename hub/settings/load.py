"""Puts the settings together from the four places, and refuses a wrong one with everything else that is wrong."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError

from hub import shipped
from hub.errors import InvalidSettings, Violation
from hub.settings import layers
from hub.settings.layers import Given, Key, Layer
from hub.settings.rules import check_of
from hub.settings.sections import NAMED, SECTIONS, Settings

KEYS = {
    section: {place.name: place for place in fields(kind) if place.name != "name"}
    for section, kind in NAMED.items()
}
ONE = {"sources": "source", "lists": "list"}
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LEASE_MARGIN = 5.0
"""Seconds between the end of the longest attempt and the end of its lease: the time to record the outcome."""


def load_settings(path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> Settings:
    """The settings in force; each place wins over the one before: shipped file, `path`, `environ`, `overrides`.

    `overrides` comes from the command line as {"section.key": value}; None stands for an option not given.
    Raises InvalidSettings with one violation for each thing that is wrong.
    """
    places = [layers.from_file(shipped.config_dir() / "qos-hub.toml")]
    places += [layers.from_file(path)] if path else []
    places += [layers.from_environment(environ), layers.from_command_line(overrides)]
    violations = [violation for place in places for violation in place.violations]
    given = _merged(places)
    values = _checked_sections(given, violations)
    named = {key: _named(*key, table, violations) for place in places for key, table in place.named.items()}
    violations += _contradictions(values, given)
    violations += [
        one for (section, name), table in named.items() if section == "lists" for one in _places(name, table)
    ]
    if violations:
        raise InvalidSettings(violations=violations)
    sections = {section: kind(**values[section]) for section, kind in SECTIONS.items()}
    tables: dict[str, Any] = {section: {} for section in NAMED}
    for (section, name), table in named.items():
        tables[section][name] = NAMED[section](**table)
    return Settings(**sections, **tables)


def _merged(places: list[Layer]) -> dict[Key, Given]:
    return {key: given for place in places for key, given in place.given.items()}


def _checked_sections(given: Mapping[Key, Given], violations: list[Violation]) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for section, kind in SECTIONS.items():
        for place in fields(kind):
            found = given.get((section, place.name))
            if found is None:
                violations.append(Violation(field=layers.title(section, place.name), message="has no value"))
            else:
                _check(values[section], place, found, section, violations)
    return values


def _check(
    values: dict[str, Any], place: Field[Any], given: Given, section: str, violations: list[Violation]
) -> None:
    """Put the value into `values` as its section holds it, or name what is wrong with it."""
    try:
        values[place.name] = check_of(place).deserialize(given.value)
    except ValidationError as error:
        secret = place.metadata["secret"]
        bad = None if secret else _bad_part(given.value, error)
        instead = "" if secret else f", not {layers.shown(bad)}"
        message = f"must be {place.metadata['what']}{instead} ({given.origin})"
        violations.append(Violation(field=layers.title(section, place.name), message=message, value=bad))


def _bad_part(value: Any, error: ValidationError) -> Any:
    """The value itself, or of a list the items that are wrong."""
    if not isinstance(error.messages, dict) or not isinstance(value, list | tuple):
        return value
    items = [value[index] for index in error.messages]
    return items[0] if len(items) == 1 else items


def _named(kind: str, name: str, given: Given, violations: list[Violation]) -> dict[str, Any]:
    """The table that the operator named: one source, or one list."""
    section = f"{kind}.{name}"
    values: dict[str, Any] = {"name": name}
    if not NAME.fullmatch(name):
        message = (
            f"a {ONE[kind]}'s name has only small letters, digits, _ and - and at most 64 of them ({given.origin})"
        )
        violations.append(Violation(field=f"[{section}]", message=message, value=name))
    if not isinstance(given.value, dict):
        message = f"must be a table, not {layers.shown(given.value)} ({given.origin})"
        violations.append(Violation(field=f"[{section}]", message=message, value=given.value))
        return values
    violations += _gaps(kind, section, given)
    for key, value in given.value.items():
        if key in KEYS[kind]:
            _check(values, KEYS[kind][key], Given(value=value, origin=given.origin), section, violations)
    return values


def _gaps(kind: str, section: str, given: Given) -> Iterator[Violation]:
    """Keys that no table of the kind has, and keys that every one needs."""
    for key in given.value:
        if key not in KEYS[kind]:
            # The value is left out of the message: a misspelt or misplaced key may hold a password.
            message = f"is not a setting of a {ONE[kind]}{layers.nearest(key, KEYS[kind])} ({given.origin})"
            yield Violation(field=layers.title(section, key), message=message)
    for key, place in KEYS[kind].items():
        if key not in given.value and place.default is MISSING and place.default_factory is MISSING:
            yield Violation(field=layers.title(section, key), message=f"is missing ({given.origin})")


def _places(name: str, table: Mapping[str, Any]) -> Iterator[Violation]:
    """A list is read from one place."""
    if bool(table.get("file")) == bool(table.get("url")):
        message = "names one place to read the list from: `file` or `url`, and not both"
        yield Violation(field=f"[lists.{name}]", message=message)
    if "@" in _place_of(str(table.get("url") or "")):
        message = "must hold no name and no password; `token` says where they are"
        yield Violation(field=f"[lists.{name}] url", message=message)
    if table.get("token") and not table.get("url"):
        yield Violation(field=f"[lists.{name}] token", message="is for a list that has a `url`")
    if table.get("token_header") and not table.get("token"):
        yield Violation(field=f"[lists.{name}] token_header", message="is for a list that has a `token`")


def _place_of(url: str) -> str:
    """The host of an address, with what stands before and behind it; of what is none, all."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return url


def _contradictions(values: Mapping[str, Mapping[str, Any]], given: Mapping[Key, Given]) -> Iterator[Violation]:
    """What is right in itself and wrong together."""
    deadline, lease = values["delivery"].get("deadline"), values["delivery"].get("lease")
    if deadline is not None and lease is not None and lease <= deadline + LEASE_MARGIN:
        origin = given["delivery", "lease"].origin
        message = (
            f"must be longer than [delivery] deadline ({deadline:g} s) by more than {LEASE_MARGIN:g} seconds, "
            f"not {lease:g} s ({origin}): a slow attempt would be made twice"
        )
        yield Violation(field="[delivery] lease", message=message, value=lease)
