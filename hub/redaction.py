"""Takes our own secrets out of what others say: some send a login back, and write it in their own way."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html.entities import codepoint2name
from itertools import groupby

INSTEAD = "***"
SHORTEST = 4
"""Letters: a shorter secret is hidden where it stands by itself, for else it would take single letters out of words.

Octets: a shorter beginning of a secret, where a text is cut, tells nothing.
"""
BEGINNING, ALONE = 8, 6
"""Letters of the base64 of a login, and of a secret alone, that are hidden although the others do not follow."""
BROKEN = re.compile(r"[\udc80-\udcff]{1,3}")
"""Octets of a letter that was cut, as `surrogateescape` reads them."""
ESCAPE = re.compile(r"[\\%&][\\%&#;\w]{0,15}")
"""What may be left of a letter at the end of a text that was cut."""
SIGNS = re.compile(r"[\\%&\udc80-\udcff]")
"""Where none of these stands, every letter is written as it is, and whole."""
UNICODE = "uUx"
"""What stands behind a backslash before the number of a letter."""
SPACES = tuple("+%&")
"""Signs that may be, or begin, a white space."""
PLAIN, LAZY, GREEDY = "", "*?", "*"
"""How often an escape is taken for one of an escape: never, seldom, or as often as can be."""
Steps = tuple[re.Pattern[str], ...]
"""What has to follow each other, letter by letter."""
Span = tuple[int, int]
DEEPEST = 16
"""Backslashes before a letter; so many have four escapes around each other."""
BACK = rf"\\{{1,{DEEPEST}}}+"
PATIENCE = 8_000
"""Letters of a text, beside each of them once for each of what is hidden, that are compared before a text is not shown
at all."""


class Redaction:
    """Hides secrets as they are, and as JSON, HTML, URLs, Python's repr and base64 write them.

    Of `logins`, pairs of user and password, the password is a secret; hidden is also what Basic makes of them.
    `instead` is shown in their place. A secret of fewer than `shortest` letters is hidden where it stands by itself.
    Making one costs little, and so does a text that cannot hold a secret. A text that takes too long, since it nearly
    is a secret at very many places, is hidden whole.
    """

    def __init__(
        self,
        secrets: Iterable[str],
        logins: Iterable[tuple[str, str]] = (),
        *,
        instead: str = INSTEAD,
        shortest: int = SHORTEST,
    ) -> None:
        logins = tuple(logins)
        plain = {text for text in (*secrets, *(password for _, password in logins)) if text}
        coded = {text for login in logins if login[1] for text in _coded(":".join(login))}
        self._instead = instead
        self._hidden: list[_Secret | _Coded] = [
            *(_Secret(text=text, is_short=len(text) < shortest) for text in plain),
            *(_Coded(text=text, enough=BEGINNING) for text in coded),
            *(
                _Coded(text=code, enough=ALONE, is_short=len(text) < SHORTEST)
                for text in plain
                for code in _coded(text)
            ),
        ]

    def __call__(self, text: str, *, cut: bool = False) -> str:
        """The text without them. `cut` says that it is a beginning: a secret may be cut off at its end, too."""
        shown, end = [], 0
        try:
            spans = sorted(self._spans(text, cut), key=lambda span: (span[0], -span[1]))
        except _TooLong:
            return self._instead
        for start, stop in spans:
            if stop <= end:
                continue
            shown += [text[end:start], self._instead] if start >= end else []
            end = stop
        return "".join([*shown, text[end:]])

    def _spans(self, text: str, cut: bool) -> Iterator[Span]:
        folded, is_plain, left = (
            text.casefold(),
            SIGNS.search(text) is None,
            PATIENCE + len(text) * len(self._hidden),
        )
        for hidden in self._hidden:
            if is_plain and hidden.begun not in folded:
                continue
            for steps in hidden.ways:
                for start in (found.start() for found in _begin(hidden.text[:2]).finditer(text)):
                    followed, stop = _reach(steps, text, start)
                    left -= stop - start + 1
                    if left < 0:
                        raise _TooLong
                    if followed and (span := hidden.span(text, start, stop, followed, len(steps), cut)):
                        yield span


class _TooLong(Exception):
    pass


@dataclass(frozen=True, kw_only=True)
class _Secret:
    text: str
    is_short: bool

    @cached_property
    def begun(self) -> str:
        """What stands in a text that holds it, or its beginning, with every letter as it is; in small letters."""
        return max(_told(self.text).casefold().split(), key=len, default="")

    @cached_property
    def ways(self) -> tuple[Steps, ...]:
        """A secret may itself look like an escape, or like one of an escape: it is looked for in each reading."""
        readings = (PLAIN, LAZY, GREEDY) if "%" in self.text or "&" in self.text else (GREEDY,)
        return tuple(_steps(self.text, again) for again in readings)

    @cached_property
    def _enough(self) -> int:
        """How many steps tell something."""
        return len(_steps(_told(self.text), GREEDY))

    def span(self, text: str, start: int, stop: int, followed: int, steps: int, cut: bool) -> Span | None:
        """What to hide of a text that follows so many of the steps."""
        if followed == steps:
            return None if self.is_short and not _stands_alone(text, start, stop) else (start, stop)
        return (start, len(text)) if cut and self._is_cut_off(followed, text, stop) else None

    def _is_cut_off(self, followed: int, text: str, at: int) -> bool:
        if BROKEN.fullmatch(text, at):
            return followed + 1 >= self._enough
        return followed >= self._enough and _is_end(text, at)


@dataclass(frozen=True, kw_only=True)
class _Coded:
    """What base64 makes of a login, or a secret: with the padding, which may be missing in what comes back."""

    text: str
    enough: int
    is_short: bool = False

    @cached_property
    def begun(self) -> str:
        return self.text[:SHORTEST].rstrip("=").casefold()

    @cached_property
    def ways(self) -> tuple[Steps, ...]:
        return (_steps(self.text, GREEDY),)

    def span(self, text: str, start: int, stop: int, followed: int, steps: int, cut: bool) -> Span | None:
        """What to hide of a text that follows so many of the steps: the beginning tells something anywhere."""
        if self.is_short and not _stands_alone(text, start, stop):
            return None
        return (start, stop) if followed >= min(self.enough, len(self.text.rstrip("="))) else None


def _coded(secret: str) -> set[str]:
    """In both alphabets."""
    octets = secret.encode("utf-8", "surrogatepass")
    return {code(octets).decode() for code in (b64encode, urlsafe_b64encode)}


def _told(secret: str) -> str:
    """The shortest beginning that tells something."""
    octets = 0
    for number, char in enumerate(secret, 1):
        octets += len(char.encode("utf-8", "surrogatepass"))
        if octets >= SHORTEST:
            return secret[:number]
    return secret


def _steps(secret: str, again: str) -> Steps:
    kinds = groupby(secret, lambda one: " " if one.isspace() else one)
    runs = [(char, sum(1 for _ in run)) for char, run in kinds]
    following = [char for char, _ in runs[1:]] + [""]
    return tuple(step for run, after in zip(runs, following, strict=True) for step in _run(*run, after, again))


def _run(char: str, count: int, after: str, again: str) -> list[re.Pattern[str]]:
    """Backslashes are doubled by many, and white space is joined; `after` is the next letter.

    The last backslash of several may begin the escape of the next letter, unless it stands before that letter itself;
    white space is not joined in several writings where the next letter may pass for white space.
    """
    if char == "\\":
        leaving = "" if after in UNICODE else rf"\\{{{count},}}(?=\\[{UNICODE}])|"
        return [re.compile(rf"{leaving}\\{{{count},}}|{_often(char, count, again)}", re.IGNORECASE)]
    if char == " ":
        each = _often(char, 1, again)
        apart = rf"(?:\s|{BACK}[tnr])+|(?:{each}){{1,{count}}}|\+{{1,{count}}}"
        joined = apart if after in SPACES else rf"(?:\s|{BACK}[tnr]|\+|{each})+"
        return [re.compile(joined, re.IGNORECASE)]
    return [_step(char, again)] * count


def _often(char: str, count: int, again: str) -> str:
    return f"(?:{'|'.join(_escapes(char, again))}){{{count}}}"


@lru_cache(maxsize=1024)
def _step(char: str, again: str) -> re.Pattern[str]:
    """One letter in every writing; before a quote or another sign there may be backslashes."""
    plain = re.escape(char) if char.isalnum() else rf"\\{{0,{DEEPEST}}}+{re.escape(char)}"
    escapes = _escapes(char, again)
    forms = [plain, *escapes] if again == PLAIN else [*escapes, plain]
    return re.compile("|".join(forms), re.IGNORECASE)


def _escapes(char: str, again: str) -> list[str]:
    """JSON and repr, URL, HTML; escapes of escapes as well."""
    code, units, octets = (
        ord(char),
        char.encode("utf-16-be", "surrogatepass"),
        char.encode("utf-8", "surrogatepass"),
    )
    percent, ampersand = (
        f"{sign}(?:{of_it}){again}" if again else sign for sign, of_it in (("%", "25"), ("&", "amp;"))
    )
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    found = ["".join(rf"{BACK}u{pair}" for pair in pairs), rf"{BACK}U{code:08x}"]
    found += [
        "".join(rf"{BACK}x{octet:02x}" for octet in octets),
        "".join(f"{percent}{octet:02x}" for octet in octets),
    ]
    found += [rf"{BACK}x{code:02x}", f"{percent}{code:02x}"] if code < 256 else []
    names = [codepoint2name[code]] if code in codepoint2name else []
    named = [f"#0*{code}", f"#x0*{code:x}", *names, *(["apos"] if char == "'" else [])]
    return [*found, f"{ampersand}(?:{'|'.join(named)});"]


@lru_cache(maxsize=1024)
def _begin(two: str) -> re.Pattern[str]:
    """Where two letters in whatever writing may begin: the first as it is only before what may be the second."""
    escaped = rf"\\(?!\\{{{DEEPEST}}})|[%&]"
    first, second = _either(two[0]), _either(two[1]) if two[1:] else ""
    if not second or two[0].isspace():
        return re.compile(f"{escaped}|{first}")
    return re.compile(rf"{escaped}|{first}(?={second}|[\\%&\udc80-\udcff]|\Z)")


def _either(char: str) -> str:
    """Large or small."""
    return r"[\s+]" if char.isspace() else f"[{''.join(map(re.escape, {char, char.lower()[0], char.upper()[0]}))}]"


def _reach(steps: Steps, text: str, start: int) -> tuple[int, int]:
    """How many steps the text follows from a place on, and where it then is."""
    for number, step in enumerate(steps):
        found = step.match(text, start)
        if found is None:
            return number, start
        start = found.end()
    return len(steps), start


def _stands_alone(text: str, start: int, stop: int) -> bool:
    around = text[max(start - 1, 0) : start] + text[stop : stop + 1]
    return not any(char.isalnum() for char in around)


def _is_end(text: str, at: int) -> bool:
    """The first sign of an escape that is broken off may itself have passed for a letter."""
    return at == len(text) or any(ESCAPE.fullmatch(text, begin) for begin in (at, at - 1))
