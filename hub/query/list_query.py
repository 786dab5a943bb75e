"""The query string of a list: filters on attributes, the fields to show, and the page.

`a=1&b=2` both, `a=1;b=2` either, `a=1,2` and `a=1&a=2` either value; `&` binds looser than `;`. Operators are
words (`a.gte=5`) or signs (`a>=5`, also percent-encoded). `a.exact=x,y` takes its value whole, commas included.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from hub.errors import InvalidInput, Violation
from hub.query.canonical import all_of
from hub.query.checks import check_comparison, check_size, check_supported, check_text, unknown, unsupported
from hub.query.selection import read_fields
from hub.query.syntax import Comparison, Condition, comparison_of, split_clause
from hub.query.values import LARGEST_INTEGER

RESERVED = ("fields", "offset", "limit", "sort", "filter", "before", "after")
SERVED = frozenset({"fields", "offset", "limit"})

_LOST_PLUS = re.compile(r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?) (?=[0-9]{2}:[0-9]{2}(?:,|$))")


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """`fields` is empty for whole documents; `limit` is None when the client leaves it to the server."""

    condition: Condition | None
    fields: tuple[str, ...]
    offset: int
    limit: int | None


def split_query_string(raw: bytes) -> list[tuple[str, str]]:
    """The decoded pairs, in order: `a%3E%3D5` is ("a.gte", "5").

    A name that begins with `;` is an alternative to the pair before it, so `a=1;b=2` is ("a", "1"), (";b", "2").
    Quoted and joined with `=` and `&` the pairs say the same again. Raises InvalidInput.
    """
    pairs: list[tuple[str, str]] = []
    violations: list[Violation] = []
    for part in raw.split(b"&"):
        alternatives = [clause for clause in part.split(b";") if clause.strip()]
        for position, clause in enumerate(alternatives):
            try:
                name, value = split_clause(_decoded(clause))
            except ValueError as error:
                text = clause.decode("utf-8", "replace")
                violations.append(Violation(field="query string", value=text, message=str(error)))
            else:
                pairs.append((f";{name}" if position and not name.startswith(";") else name, value))
    if violations:
        raise InvalidInput(violations=violations)
    return pairs


def _decoded(clause: bytes) -> str:
    try:
        text = unquote_to_bytes(clause.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 after percent-decoding") from None
    # A zone whose plus was sent as it is reads as a space.
    return _LOST_PLUS.sub(r"\1+", check_text(text))


def parse_list_query(
    pairs: Sequence[tuple[str, str]], *, attributes: frozenset[str], reserved: tuple[str, ...] = RESERVED
) -> ListQuery:
    """Read the pairs of `split_query_string`.

    `attributes` are the first-level names that may be filtered and shown.
    Raises InvalidInput with all that is wrong, or Unsupported.
    """
    for name, _ in pairs:
        if name in reserved and name not in SERVED:
            raise unsupported(name, f"the query parameter {name} is not supported")
    violations: list[Violation] = []
    condition = _condition([pair for pair in pairs if pair[0] not in reserved], attributes, violations)
    offset = _whole_number("offset", pairs, violations)
    limit = _whole_number("limit", pairs, violations)
    fields = _fields(pairs, attributes, violations)
    if violations:
        raise InvalidInput(violations=violations)
    check_supported(condition)
    return ListQuery(condition=condition, fields=fields, offset=offset or 0, limit=limit)


def _condition(
    pairs: Sequence[tuple[str, str]], attributes: frozenset[str], violations: list[Violation]
) -> Condition | None:
    groups: list[list[Comparison]] = []
    for position, (name, value) in enumerate(pairs):
        try:
            comparison = _comparison(name.removeprefix(";"), value, attributes)
        except ValueError as error:
            violations.append(Violation(field=name.removeprefix(";"), value=value, message=str(error)))
            continue
        if name.startswith(";") and position and groups:
            groups[-1].append(comparison)
        else:
            groups.append([comparison])
    try:
        check_size([comparison for group in groups for comparison in group])
    except ValueError as error:
        violations.append(Violation(field="query string", message=str(error)))
    return all_of(groups)


def _comparison(name: str, value: str, attributes: frozenset[str]) -> Comparison:
    comparison = check_comparison(comparison_of(name, check_text(value)))
    if comparison.path[0] not in attributes:
        raise unknown(comparison.path[0], attributes)
    return comparison


def _whole_number(name: str, pairs: Sequence[tuple[str, str]], violations: list[Violation]) -> int | None:
    texts = [text for given, text in pairs if given == name]
    if not texts:
        return None
    if len(texts) > 1:
        violations.append(Violation(field=name, value=",".join(texts), message="is given more than once"))
    elif not re.fullmatch(r"[0-9]{1,19}", texts[0]) or int(texts[0]) > LARGEST_INTEGER:
        violations.append(
            Violation(field=name, value=texts[0], message=f"{texts[0]!r} is not a whole number from 0")
        )
    else:
        return int(texts[0])
    return None


def _fields(
    pairs: Sequence[tuple[str, str]], attributes: frozenset[str], violations: list[Violation]
) -> tuple[str, ...]:
    text = ",".join(value for name, value in pairs if name == "fields")
    try:
        return read_fields(text, attributes=attributes)
    except InvalidInput as error:
        violations.extend(error.violations)
        return ()
