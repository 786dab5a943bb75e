"""Finds the adapters that are installed, and makes the source that the settings describe."""

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from marshmallow import ValidationError

from hub.errors import InvalidSettings, Violation
from hub.intake.mapping_rules import messages_of
from hub.ports import Source
from hub.settings import SourceSettings

GROUP = "qos_hub.adapters"
"""The group of entry points by which a package offers an adapter."""


def installed_adapters() -> dict[str, EntryPoint]:
    """Every adapter that can be named in the settings."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def make_source(name: str, settings: SourceSettings) -> Source:
    """The source as its adapter makes it; nothing is sent yet.

    Raises InvalidSettings for an adapter that is not installed and for options that it does not accept.
    """
    make = _maker(name, settings.adapter)
    try:
        source: Source = make(name, dict(settings.options))
    except ValidationError as error:
        raise InvalidSettings(violations=_refused(name, messages_of(error))) from error
    except ValueError as error:
        raise InvalidSettings(
            violations=[Violation(field=f"[sources.{name}] options", message=str(error))]
        ) from error
    return source


def _maker(name: str, adapter: str) -> Any:
    installed = installed_adapters()
    if adapter not in installed:
        known = ", ".join(sorted(installed)) or "none"
        message = f"there is no adapter {adapter!r}; installed are: {known}"
        raise InvalidSettings(
            violations=[Violation(field=f"[sources.{name}] adapter", value=adapter, message=message)]
        )
    try:
        return installed[adapter].load()
    except (ImportError, AttributeError) as error:
        message = f"the adapter {adapter!r} ({installed[adapter].value}) cannot be loaded: {error}"
        raise InvalidSettings(
            violations=[Violation(field=f"[sources.{name}] adapter", value=adapter, message=message)]
        ) from error


def _refused(name: str, messages: Mapping[str, Any]) -> list[Violation]:
    """One violation an option. Its value is not shown: whoever got an option wrong may have written a password."""
    return [
        Violation(field=f"[sources.{name}] options{key}", message=message) for key, message in _flat("", messages)
    ]


def _flat(place: str, messages: Any) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _flat(place if key == "_schema" else f"{place}.{key}", inner)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flat(place, inner)
    else:
        yield place, str(messages)
