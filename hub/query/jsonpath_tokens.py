"""The words of a JSONPath expression, with their places."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from hub.query.checks import check_text

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<pattern>/(?:[^/\\]|\\.)+/[a-z]*)
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[^\W\d](?:[\w-]*\w)?)
      | (?P<sign>==|!=|<=|>=|=~|&&|\|\||\.\.|[<>!$@.,:?*()\[\]])
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})?|.)", re.DOTALL)


class Sort(StrEnum):
    """What a token is, in words."""

    STRING = "a string"
    PATTERN = "a pattern"
    NUMBER = "a number"
    NAME = "a name"
    SIGN = "a sign"
    END = "the end"


@dataclass(frozen=True, kw_only=True)
class Token:
    """`text` is what it says: of a string its content. `position` counts from 1; `tight` after no space."""

    sort: Sort
    text: str
    position: int
    tight: bool


def tokens_of(text: str) -> list[Token]:
    """The tokens of an expression, END being the last. Raises ValueError naming the position."""
    tokens: list[Token] = []
    place = 0
    while not tokens or tokens[-1].sort is not Sort.END:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            raise ValueError(f"at position {place + 1}: {text[place : place + 10]!r} cannot be read")
        begin = found.start(found.lastgroup)
        sort = Sort[found.lastgroup.upper()]
        said = found[found.lastgroup]
        if sort is Sort.STRING:
            said = _content(said, begin + 1)
        tokens.append(Token(sort=sort, text=said, position=begin + 1, tight=begin == place))
        place = found.end()
    return tokens


def _content(quoted: str, position: int) -> str:
    def plain(found: re.Match[str]) -> str:
        escape = found[1]
        if escape in "'\"":
            return escape
        try:
            said: str = json.loads(f'"{found[0]}"')
        except ValueError:
            raise ValueError(f"at position {position}: the string has the unknown escape {found[0]!r}") from None
        return said

    content = _ESCAPE.sub(plain, quoted[1:-1])
    try:
        return check_text(content)
    except ValueError as error:
        raise ValueError(f"at position {position}: the string {error}") from None


def spelling(tokens: list[Token]) -> str:
    """One text for all that differ only in spaces and in the quotes of their strings."""
    return "".join(_spelt(token) for token in tokens)


def _spelt(token: Token) -> str:
    if token.sort is not Sort.STRING:
        return token.text
    quoted = json.dumps(token.text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{quoted}'"
