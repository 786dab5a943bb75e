"""How SQLite looks into a JSON text: the values at a path, and the number or the instant that a text says.

Names are bound and compared with the keys of `json_each`; SQLite's own path texts cannot hold every name.
"""

from dataclasses import dataclass
from typing import Any

Sql = tuple[str, list[Any]]

LARGEST = "1.7976931348623157e308"

_DATE = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
_SECOND = f"{_DATE}T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A JSON value in SQL: its text (of arrays and objects), its JSON type, and its value when it is a scalar."""

    text: str
    type: str
    atom: str


def root(document: str) -> Node:
    """The document itself, which is an object."""
    return Node(text=document, type="'object'", atom="NULL")


def row(alias: str) -> Node:
    """A row of `values_at`."""
    return Node(text=f"{alias}.v", type=f"{alias}.t", atom=f"{alias}.x")


def values_at(path: tuple[str, ...], start: Node, *, level: int = 0, elements: bool = True) -> Sql:
    """A SELECT of the values at the end of the path: `x` the scalar, `t` the JSON type, `v` the text.

    Arrays on the way are entered, one level each; with `elements`, so is one at the end. `level` keeps the names of
    a SELECT apart from those of the one around it.

    k0, k1, … are the members named by the path; e0, e1, … the elements of each that is an array, or itself.
    """
    tables: list[str] = []
    node = start
    for position in range(len(path)):
        if node is not start or start.type != "'object'":
            element = f"e{level}_{position}"
            tables.append(
                f"json_each(CASE {node.type} WHEN 'array' THEN {node.text}"
                f" WHEN 'object' THEN '[' || {node.text} || ']' ELSE '[]' END) AS {element}"
            )
            held = f"CASE {element}.type WHEN 'object' THEN {element}.value ELSE '{{}}' END"
        else:
            held = node.text
        member = f"k{level}_{position}"
        tables.append(f"json_each({held}) AS {member}")
        node = Node(text=f"{member}.value", type=f"{member}.type", atom=f"{member}.atom")
    columns = f"{node.atom} AS x, {node.type} AS t, {node.text} AS v"
    if elements:
        # A value that is not in an array is read from its member; the one dummy element keeps the row.
        last = f"e{level}"
        tables.append(f"json_each(CASE {node.type} WHEN 'array' THEN {node.text} ELSE '[0]' END) AS {last}")
        columns = ", ".join(
            f"CASE {node.type} WHEN 'array' THEN {last}.{inside} ELSE {itself} END AS {name}"
            for inside, itself, name in (
                ("atom", node.atom, "x"),
                ("type", node.type, "t"),
                ("value", node.text, "v"),
            )
        )
    where = " AND ".join(f"k{level}_{position}.key = ?" for position in range(len(path)))
    text = f"SELECT {columns}" + (f" FROM {', '.join(tables)}" if tables else "")
    return text + (f" WHERE {where}" if where else ""), list(path)


def number_of(text: str) -> str:
    """The number that a text is in JSON, else NULL; one beyond the largest is none."""
    number = f"json_extract({text}, '$')"
    return (
        f"CASE WHEN json_valid({text}) THEN"
        f" CASE WHEN json_type({text}) IN ('integer', 'real') AND {number} BETWEEN -{LARGEST} AND {LARGEST}"
        f" THEN {number} END END"
    )


def instant_of(text: str) -> str:
    """Microseconds of the instant that an RFC 3339 text names, else NULL; in SQL what `values.instant_in` is.

    SQLite's date functions count milliseconds and accept other forms, so they are given whole seconds of a text
    whose form is checked, and must give the same text back (a 31 February does not).
    """
    text = f"upper({text})"
    whole, rest = f"substr({text}, 1, 19)", f"substr({text}, 20)"
    zone = f"CASE WHEN {rest} GLOB '*Z' THEN 1 ELSE 6 END"
    fraction = f"substr({rest}, 1, length({rest}) - {zone})"
    midnight = f"({text} || 'T00:00:00')"
    micros = f"substr(substr({fraction}, 2) || '000000', 1, 6)"
    return (
        f"CASE WHEN {text} GLOB '{_DATE}' THEN {_seconds(midnight)} * 1000000"
        f" WHEN {whole} GLOB '{_SECOND}' AND {_zone_is_valid(rest)} AND {_fraction_is_valid(fraction)}"
        f" THEN ({_seconds(whole)} - {_seconds_ahead(rest)}) * 1000000 + {micros} END"
    )


def _seconds(whole: str) -> str:
    # Without a modifier strftime gives back what it read, a 31 February too.
    same = f"strftime('%Y-%m-%dT%H:%M:%S', {whole}, '+0 days') = {whole} AND {whole} > '0001'"
    return f"CASE WHEN {same} THEN CAST(strftime('%s', {whole}) AS INTEGER) END"


def _zone_is_valid(rest: str) -> str:
    """Z, or an offset below a day."""
    return f"({rest} GLOB '*Z' OR ({rest} GLOB '*[+-][0-2][0-9]:[0-5][0-9]' AND substr({rest}, -5, 2) < '24'))"


def _fraction_is_valid(fraction: str) -> str:
    return f"({fraction} = '' OR ({fraction} GLOB '.[0-9]*' AND substr({fraction}, 2) NOT GLOB '*[^0-9]*'))"


def _seconds_ahead(rest: str) -> str:
    ahead = f"(substr({rest}, -5, 2) * 60 + substr({rest}, -2)) * 60"
    return f"CASE WHEN {rest} GLOB '*Z' THEN 0 WHEN substr({rest}, -6, 1) = '+' THEN {ahead} ELSE -{ahead} END"
