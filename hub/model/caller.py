"""Who makes a call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`name` is what the history says of a write; `scopes` are what the caller may do.

    `party` is the id of the party whose reports alone the caller sees, None for an operator, who sees all.
    """

    name: str
    scopes: frozenset[str]
    party: str | None = None


LOCAL = Caller(name="local", scopes=frozenset({"*"}))
"""A program of this machine, where no credential is configured; it may do everything."""
