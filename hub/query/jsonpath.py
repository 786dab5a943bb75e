"""JSONPath (RFC 9535, as far as it selects by attributes) as a condition: the documents in which it selects something.

`$` is the list of documents or one document, and may be left out; `@size` is the TMF spelling of `@.size`. A filter
on what is no list asks the value itself. Comparisons are those of `predicate`, so `null` is what is missing.
"""

from dataclasses import dataclass

from hub.query.checks import COMPARISONS_MAXIMUM, unsupported
from hub.query.jsonpath_meaning import Literal, Meaning, Path, Query, Step, all_parts
from hub.query.jsonpath_tokens import Sort, Token, spelling, tokens_of
from hub.query.patterns import whole
from hub.query.syntax import EVERYTHING, Condition, Not, Operator, Or
from hub.query.vocabulary import Vocabulary

TEXT_MAXIMUM = 4096
DEPTH_MAXIMUM = 12
SIGNS = {
    "==": Operator.EQ,
    "!=": Operator.NE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
    "=~": Operator.REGEX,
}
TURNED = {
    Operator.LT: Operator.GT,
    Operator.LTE: Operator.GTE,
    Operator.GT: Operator.LT,
    Operator.GTE: Operator.LTE,
}
STANDARD = frozenset({"min", "max", "avg", "stddev", "sum", "value", "keys", "concat", "append", "index"})
"""Functions of the standard, and of other readers of JSONPath, that are not served."""

META = frozenset({"type", "baseType", "schemaLocation", "referredType"})
"""Names that begin with an @ of their own, so that `@type` is not the TMF spelling of `@.type`."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """`spelling` is the same for all texts that differ in spaces and quotes only; `tests` are counted."""

    condition: Condition
    spelling: str
    tests: int


def parse_filter(text: str, *, vocabulary: Vocabulary, field: str = "filter") -> Filter:
    """Raises ValueError that names the position, or Unsupported for what the standard has and this server has not."""
    if len(text) > TEXT_MAXIMUM:
        raise ValueError(f"has {len(text)} characters, more than {TEXT_MAXIMUM}")
    tokens = tokens_of(text)
    parser = _Parser(tokens, vocabulary, field)
    condition = parser.whole()
    return Filter(condition=condition, spelling=spelling(tokens), tests=max(parser.tests, 1))


class _Parser:
    def __init__(self, tokens: list[Token], vocabulary: Vocabulary, field: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._meaning = Meaning(vocabulary)
        self._field = field
        self._depth = 0
        self.tests = 0

    # -- tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _ended(self) -> bool:
        return self._next.sort is Sort.END

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _takes(self, *signs: str) -> Token | None:
        if self._next.sort is Sort.SIGN and self._next.text in signs:
            return self._take()
        return None

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._wrong(repr(sign))

    def _wrong(self, expected: str) -> ValueError:
        found = str(self._next.sort) if self._next.sort is Sort.END else repr(self._next.text)
        return ValueError(f"at position {self._next.position}: {expected} is expected, not {found}")

    def _unsupported(self, what: str) -> Exception:
        place = self._next.position
        return unsupported(self._field, f"{what} is not supported in a JSONPath filter (at position {place})")

    # -- queries

    def whole(self) -> Condition:
        if not self._takes("$") and self._ended():
            raise self._wrong("a path such as note[?(@.author=='noc')]")
        bare = self._next.sort is Sort.NAME or self._next.text == "@"
        query = self._query((), bare=bare, of_all=True)
        if query.function or not self._ended():
            raise self._wrong("the end")
        return self._meaning.selects(query)

    def _query(self, scope: Path, *, bare: bool = False, of_all: bool = False) -> Query:
        """The steps of a path; `bare` when its first name may stand without a dot, `of_all` from the documents on."""
        steps: list[Step] = [self._name()] if bare else []
        function = ""
        while not function and (sign := self._takes(".", "[", "..")):
            if sign.text == "..":
                raise self._unsupported("the descendant step ..")
            place = (*scope, *(step for step in steps if isinstance(step, str)))
            is_element = not (steps and isinstance(steps[-1], str)) and not (of_all and not steps)
            if self._takes("*"):
                steps.append(self._every(place, is_element=is_element))
                if sign.text == "[":
                    self._end_bracket()
            elif sign.text == "[":
                steps.append(self._bracket(place))
            else:
                name = self._name()
                function = self._method(name)
                steps += [] if function else [name]
        if len(scope) + len(steps) > DEPTH_MAXIMUM:
            raise ValueError(f"at position {self._next.position}: the path has more than {DEPTH_MAXIMUM} parts")
        return self._measurable(Query(scope=scope, steps=tuple(steps), function=function))

    def _method(self, name: str) -> str:
        """The function of a path that ends with `.length()`; nothing where it goes on."""
        if not self._takes("("):
            return ""
        self._expect(")")
        return self._function(name)

    def _name(self) -> str:
        meta = "@" if self._takes("@") else ""
        if self._next.sort is not Sort.NAME:
            raise self._wrong("a name")
        return meta + self._take().text

    def _bracket(self, place: Path) -> Step:
        step: Step
        if self._takes("?"):
            step = self._nested(place)
        elif self._next.sort is Sort.STRING:
            step = self._take().text
        elif self._next.sort is Sort.NUMBER or self._next.text == ":":
            raise self._unsupported("an index or a slice")
        else:
            raise self._wrong("*, ? or a quoted name")
        self._end_bracket()
        return step

    def _end_bracket(self) -> None:
        if self._next.text == "," and self._next.sort is Sort.SIGN:
            raise self._unsupported("a selection of several")
        self._expect("]")

    def _every(self, place: Path, *, is_element: bool) -> Condition:
        """All elements of the list at a place; of an object, RFC 9535 would have the values of all members."""
        if not self._meaning.enters(place, is_element=is_element):
            what = f"an element of {'.'.join(place)}" if place else "a document"
            what = what if is_element else ".".join(place)
            raise self._unsupported(f"* on {what}, which is not known to be a list,")
        return EVERYTHING

    # -- tests

    def _nested(self, scope: Path) -> Condition:
        self._depth += 1
        if self._depth > DEPTH_MAXIMUM:
            raise ValueError(f"at position {self._next.position}: is nested deeper than {DEPTH_MAXIMUM} levels")
        parts = [self._conjunction(scope)]
        while self._takes("||"):
            parts.append(self._conjunction(scope))
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def _conjunction(self, scope: Path) -> Condition:
        parts = [self._unary(scope)]
        while self._takes("&&"):
            parts.append(self._unary(scope))
        return all_parts(parts)

    def _unary(self, scope: Path) -> Condition:
        denied = False
        while self._takes("!"):
            denied = not denied
        if self._takes("("):
            found = self._nested(scope)
            self._expect(")")
        else:
            found = self._test(scope)
        return Not(part=found) if denied else found

    def _test(self, scope: Path) -> Condition:
        self.tests += 1
        if self.tests > COMPARISONS_MAXIMUM:
            raise ValueError(f"has more than {COMPARISONS_MAXIMUM} comparisons")
        if self._next.sort is Sort.NAME and self._next.text in ("match", "search"):
            return self._match(scope)
        left = self._operand(scope)
        sign = self._takes(*SIGNS)
        if sign is None:
            if isinstance(left, Literal) or left.function:
                raise self._wrong("a comparison")
            return self._meaning.selects(left)
        right = self._operand(scope)
        operator = SIGNS[sign.text]
        if isinstance(left, Literal) and isinstance(right, Query):
            left, right, operator = right, left, TURNED.get(operator, operator)
        if not isinstance(left, Query) or not isinstance(right, Literal):
            raise self._unsupported("a comparison of two attributes or of two literals")
        return self._meaning.compared(left, operator, right)

    def _operand(self, scope: Path) -> Query | Literal:
        token = self._take()
        match token.sort:
            case Sort.STRING | Sort.NUMBER | Sort.PATTERN:
                return Literal(text=token.text, sort=token.sort, token=token)
            case Sort.NAME if token.text in ("true", "false", "null"):
                return Literal(text=None if token.text == "null" else token.text, sort=token.sort, token=token)
            case Sort.NAME if self._takes("("):
                return self._called(token, scope)
            case Sort.SIGN if token.text == "@":
                return self._relative(scope)
            case Sort.SIGN if token.text == "$":
                raise self._unsupported("a path from the root inside a filter")
        self._at -= 1
        raise self._wrong("a test such as @.status=='held'")

    def _relative(self, scope: Path) -> Query:
        bare = self._next.sort is Sort.NAME and self._next.tight
        if bare and self._next.text in META:
            self._at -= 1  # the @ belongs to the name
        return self._query(scope, bare=bare)

    def _called(self, token: Token, scope: Path) -> Query:
        function = self._function(token.text)
        self._expect("@")
        query = self._relative(scope)
        self._expect(")")
        if query.function:
            raise self._wrong(f"a path inside {function}()")
        return self._measurable(Query(scope=query.scope, steps=query.steps, function=function))

    def _measurable(self, query: Query) -> Query:
        """RFC 9535 counts nodes: a path of names leads to one, whatever it holds, while here it enters lists."""
        if query.function == "count" and all(isinstance(step, str) for step in query.steps):
            raise self._unsupported("count() of a path that ends in no [*] or [?test]")
        return query

    def _function(self, name: str) -> str:
        if name in STANDARD:
            raise self._unsupported(f"the function {name}()")
        if name not in ("length", "count"):
            self._at -= 1
            raise self._wrong("one of the functions length(), count(), match(), search()")
        return name

    def _match(self, scope: Path) -> Condition:
        function = self._take().text
        self._expect("(")
        self._expect("@")
        query = self._relative(scope)
        self._expect(",")
        if self._next.sort is not Sort.STRING:
            raise self._wrong("a pattern in quotes")
        pattern = self._take().text
        self._expect(")")
        return self._meaning.asked(query, Operator.REGEX, whole(pattern) if function == "match" else pattern)
