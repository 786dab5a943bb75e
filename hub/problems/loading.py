"""A row of an import: a report as another hub, or this one, told it, with the instants that it has lived through."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.model.times import from_text, to_micros

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}", re.ASCII)
DATES = ("creationDate", "statusChangeDate", "resolutionDate")
"""What an import keeps of the dates that the hub otherwise writes itself."""


class Loaded(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class Loading:
    """What the rows of one import have in common.

    `source` is what the history says of where they came from, `update` whether they may change reports that are
    here, `told` whether listeners hear of it.
    """

    source: str
    actor: str
    update: bool = False
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row that was read and checked as far as that can be done without the store.

    `stated` is what it says, `document` the report that it makes if it is new, and `violations` what is wrong with
    that; `dates` are microseconds.
    """

    id: str | None
    stated: Document
    document: Document
    violations: tuple[Violation, ...] = ()
    dates: Mapping[str, int] = field(default_factory=dict)

    @property
    def identifiers(self) -> list[tuple[str, str | None, str | None]]:
        """(id, owner, type) of each external identifier."""
        stated = self.stated.get("externalIdentifier")
        return [
            (one["id"], one.get("owner"), one.get("externalIdentifierType"))
            for one in (stated if isinstance(stated, list) else ())
            if isinstance(one, dict) and isinstance(one.get("id"), str)
        ]


def identity_in(given: Mapping[str, Any]) -> str | None:
    """The id of a row, None when it has none. Raises InvalidInput for one that cannot stand in an address."""
    stated = given.get("id")
    if stated is None:
        return None
    if not isinstance(stated, str) or not ID.fullmatch(stated):
        message = "must be up to 64 letters, digits, '.', '_', '~' and '-', beginning with a letter or digit"
        raise InvalidInput(violations=[Violation(field="id", value=stated, message=message)])
    return stated


def dates_in(given: Mapping[str, Any], now: int) -> dict[str, int]:
    """The dates that a row states, none of them later than `now`. Raises InvalidInput for what is no date."""
    dates: dict[str, int] = {}
    violations: list[Violation] = []
    for name in DATES:
        stated = given.get(name)
        if stated is None:
            continue
        try:
            dates[name] = min(to_micros(from_text(stated)), now)
        except (TypeError, ValueError, OverflowError):
            message = "must be a time with its zone, such as 2026-03-01T12:00:00Z"
            violations.append(Violation(field=name, value=stated, message=message))
    if violations:
        raise InvalidInput(violations=violations)
    return dates
