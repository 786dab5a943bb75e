"""Reads the header Link (RFC 8288): which address stands in which relation to what was asked for."""

import re
from collections.abc import Iterator

SPACE = r"[ \t]*+"
TARGET = re.compile(rf"{SPACE}<([^>]*+)>")
PARAMETER = re.compile(
    rf'{SPACE};{SPACE}(?:([^\s=;,"<>]++){SPACE}(?:={SPACE}("(?:[^"\\]|\\.)*+"|[^\s;,"<>]*+))?)?'
)
END = re.compile(rf"{SPACE}(?:,[ \t,]*+|\Z)")
"""Between two links, where some systems leave an empty one, and behind the last."""


def address_of(relation: str, header: str) -> str | None:
    """The first address with this relation, as it is written there; None where there is none.

    Raises ValueError for a header that cannot be read, with the place in letters, and for one in which the relation is
    only that of another page than the one that was asked for (`anchor`).
    """
    found = [link for link in _links(header) if relation in link[1].get("rel", "").lower().split()]
    ours = [address for address, parameters in found if "anchor" not in parameters]
    if found and not ours:
        raise ValueError(f"the link {relation} is one of {found[0][1]['anchor']!r}")
    return ours[0] if ours else None


def _links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each address with its parameters, their names in small letters; of one that is repeated the first counts."""
    at = _after(re.compile(r"[ \t,]*+"), header, 0)
    while at < len(header):
        target = TARGET.match(header, at)
        if target is None:
            raise ValueError(f"at {at} there is no address in angle brackets")
        at = target.end()
        parameters: dict[str, str] = {}
        while (found := PARAMETER.match(header, at)) is not None:
            at = found.end()
            if found[1] is not None:
                parameters.setdefault(found[1].lower(), _plain(found[2] or ""))
        yield target[1].strip(), parameters
        at = _after(END, header, at)


def _after(what: re.Pattern[str], header: str, at: int) -> int:
    found = what.match(header, at)
    if found is None:
        raise ValueError(f"at {at} a link neither goes on nor ends")
    return found.end()


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
