"""Reads each place that settings come from into one form, and names what no setting has."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hub.errors import InvalidSettings, Violation
from hub.settings.rules import Check, Exactly, Items, check_of
from hub.settings.sections import NAMED, SECTIONS

PREFIX = "QOS_HUB_"
OTHER_VARIABLES = frozenset({"QOS_HUB_REAL_DIR"})
"""Variables that are not settings: where the demo and the tests keep the trouble systems that they install."""

SENSITIVE = re.compile("security|secret|password|token|key", re.IGNORECASE)

Key = tuple[str, str]
KNOWN: Mapping[Key, Check] = {
    (section, place.name): check_of(place) for section, kind in SECTIONS.items() for place in fields(kind)
}
VARIABLES: Mapping[str, Key] = {f"{PREFIX}{section}_{key}".upper(): (section, key) for section, key in KNOWN}
COMMAND_LINE = "command line"


@dataclass(frozen=True, kw_only=True)
class Given:
    """A value as it was found, and the place that gave it: a file, a variable or the command line."""

    value: Any
    origin: str


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What one place gives, and what is wrong with it as a whole; `named` are tables by section and name."""

    given: dict[Key, Given] = field(default_factory=dict)
    named: dict[tuple[str, str], Given] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def unknown(self, key: Key, given: Given) -> None:
        label = title(*key)
        hint = nearest(label, (title(*known) for known in _alike(key)))
        message = f"is not a setting{hint} ({given.origin}: {shown_of(label, given.value)})"
        self.violations.append(Violation(field=label, message=message))


def from_file(path: Path) -> Layer:
    layer = Layer()
    origin = str(path)
    for section, content in _read(path).items():
        if not isinstance(content, dict):
            message = f"is not a section: write it as a table ({origin}: {shown(content)})"
            layer.violations.append(Violation(field=section, message=message, value=content))
        elif section in NAMED:
            layer.named.update(
                ((section, name), Given(value=table, origin=origin)) for name, table in content.items()
            )
        elif section not in SECTIONS:
            message = f"is not a section{nearest(section, [*SECTIONS, *NAMED])} ({origin})"
            layer.violations.append(Violation(field=f"[{section}]", message=message, value=sorted(content)))
        else:
            _take(layer, {(section, key): Given(value=value, origin=origin) for key, value in content.items()})
    return layer


def from_environment(environ: Mapping[str, str]) -> Layer:
    layer = Layer()
    for name in sorted(environ):
        if name in VARIABLES:
            key = VARIABLES[name]
            layer.given[key] = Given(value=typed(KNOWN[key], environ[name]), origin=name)
        elif name.startswith(PREFIX) and name not in OTHER_VARIABLES:
            value = shown_of(name, environ[name])
            message = f"is not a variable of the hub{nearest(name, VARIABLES)} (environment: {value})"
            layer.violations.append(Violation(field=name, message=message))
    return layer


def from_command_line(overrides: Mapping[str, Any]) -> Layer:
    """`overrides` is {"section.key": value}; None stands for an option that was not given."""
    layer = Layer()
    for dotted, value in overrides.items():
        section, _, name = dotted.partition(".")
        key = (section, name)
        if value is not None:
            value = typed(KNOWN[key], value) if key in KNOWN and isinstance(value, str) else value
            _take(layer, {key: Given(value=value, origin=COMMAND_LINE)})
    return layer


def typed(check: Check, text: str) -> Any:
    """A text of the environment as its setting's type; what does not fit stays a text, and is refused later."""
    if isinstance(check, Items):
        return [typed(check.inner, part.strip()) for part in text.split(",") if part.strip()]
    if not isinstance(check, Exactly):
        return text
    if check.kind is bool:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        return check.kind(text)
    except ValueError:
        return text


def nearest(word: str, words: Any) -> str:
    """ "; did you mean …?", or nothing where no word is near."""
    found = get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


def title(section: str, key: str) -> str:
    return f"[{section}] {key}"


def shown_of(name: str, value: Any) -> str:
    """The value of a name that we do not know, unless it sounds like a misspelt credential."""
    return "value not shown" if SENSITIVE.search(name) else shown(value)


def shown(value: Any) -> str:
    """A value as a message shows it: as a file would write it, and not too long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        value = f'"{value}"'
    elif isinstance(value, list | tuple):
        value = f"[{', '.join(shown(item) for item in value)}]"
    line = str(value)
    return line if len(line) <= 200 else f"{line[:200]}…"


def _alike(key: Key) -> list[Key]:
    """Where to look for what was meant: a section that has just this key, else the keys of the named section."""
    section, name = key
    elsewhere = [known for known in KNOWN if known[1] == name]
    return elsewhere or [known for known in KNOWN if known[0] == section]


def _take(layer: Layer, values: Mapping[Key, Given]) -> None:
    for key, given in values.items():
        if key in KNOWN:
            layer.given[key] = given
        else:
            layer.unknown(key, given)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidSettings(f"the settings file {path} cannot be read: {what}") from error
