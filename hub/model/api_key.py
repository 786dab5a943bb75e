"""A key that lets a program call."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """The key itself is not kept, only its SHA-256.

    `name` is what the history says of its writes, `party` the id of the party whose reports alone it shows, None for
    an operator. `created`, `expires` and `revoked` are microseconds; None is never.
    """

    id: str
    name: str
    digest: bytes
    scopes: frozenset[str]
    created: int
    party: str | None = None
    expires: int | None = None
    revoked: int | None = None
