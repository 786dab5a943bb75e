"""How SQLite looks into a JSON text: the values at a path, and the number or the instant that a text says.

Names are bound and compared with the keys of `json_each`; SQLite's own path texts cannot hold every name.
"""

from typing import Any

_DATE = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
_SECOND = f"{_DATE}T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"


def exists_at(path: tuple[str, ...], test: tuple[str, list[Any]], document: str) -> tuple[str, list[Any]]:
    """Whether a value at the end of the path passes `test`, which calls the value `x` and its JSON type `t`.

    k0, k1, … are the members named by the path; e0, e1, … the elements of each that is an array, or itself.
    """
    tables = [f"json_each({document}) AS k0"]
    for position in range(1, len(path)):
        last = f"k{position - 1}"
        tables.append(
            f"json_each(CASE {last}.type WHEN 'array' THEN {last}.value"
            f" WHEN 'object' THEN '[' || {last}.value || ']' ELSE '[]' END) AS e{position - 1}"
        )
        element = f"e{position - 1}"
        tables.append(
            f"json_each(CASE {element}.type WHEN 'object' THEN {element}.value ELSE '{{}}' END) AS k{position}"
        )
    leaf = f"k{len(path) - 1}"
    # A value that is not in an array is read from its member; the one dummy element keeps the row.
    tables.append(f"json_each(CASE {leaf}.type WHEN 'array' THEN {leaf}.value ELSE '[0]' END) AS e")
    found = ", ".join(
        f"CASE {leaf}.type WHEN 'array' THEN e.{column} ELSE {leaf}.{column} END AS {name}"
        for column, name in (("atom", "x"), ("type", "t"))
    )
    names = " AND ".join(f"k{position}.key = ?" for position in range(len(path)))
    text, values = test
    rows = f"SELECT {found} FROM {', '.join(tables)} WHERE {names}"
    return f"EXISTS (SELECT 1 FROM ({rows}) WHERE {text})", [*path, *values]


def number_of(text: str) -> str:
    """The number that a text is in JSON, else NULL."""
    return (
        f"CASE WHEN json_valid({text}) THEN"
        f" CASE WHEN json_type({text}) IN ('integer', 'real') THEN json_extract({text}, '$') END END"
    )


def instant_of(text: str) -> str:
    """Microseconds of the instant that an RFC 3339 text names, else NULL; in SQL what `values.instant_in` is.

    SQLite's date functions count milliseconds and accept other forms, so they are given whole seconds of a text
    whose form is checked, and must give the same text back (a 31 February does not).
    """
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
