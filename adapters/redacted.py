"""Takes our own secrets out of what a system says: some send a login back, and write it in their own way."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import codepoint2name
from itertools import groupby

INSTEAD = "***"
SHORTEST = 4
"""A shorter secret is hidden where it stands by itself, for else it would take single letters out of words."""
BEGINNING = 8
"""Letters of the base64 of a login that are hidden although the others do not follow."""
ESCAPE = re.compile(r"[\\%&][\\%&#;\w]{0,15}")
"""What may be left of a letter at the end of a text that was cut."""
PLAIN, LAZY, GREEDY = "", "*?", "*"
"""How often an escape is taken for one of an escape: never, seldom, or as often as can be."""
Steps = tuple[re.Pattern[str], ...]
"""What has to follow each other, letter by letter."""


class Redaction:
    """Hides secrets as they are, and as JSON, HTML, URLs and Python's repr write them.

    Of `logins`, pairs of user and password, the password is a secret; hidden is also what Basic makes of them.
    """

    def __init__(self, secrets: Iterable[str], logins: Iterable[tuple[str, str]] = ()) -> None:
        logins = tuple(logins)
        plain = {text for text in (*secrets, *(password for _, password in logins)) if text}
        coded = {text for login in logins if login[1] for text in _coded(":".join(login))}
        self._secrets = [(steps, len(text) < SHORTEST) for text in plain for steps in _ways(text)]
        self._logins = [_steps(text, GREEDY) for text in coded]

    def __call__(self, text: str, *, cut: bool = False) -> str:
        """The text without them. `cut` says that it is a beginning: a secret may be cut off at its end, too."""
        spans = [*self._spans(text, cut), *self._login_spans(text)]
        shown, end = [], 0
        for start, stop in sorted(spans, key=lambda span: (span[0], -span[1])):
            if stop <= end:
                continue
            shown += [text[end:start], INSTEAD] if start >= end else []
            end = stop
        return "".join([*shown, text[end:]])

    def _spans(self, text: str, cut: bool) -> Iterator[tuple[int, int]]:
        for steps, is_short in self._secrets:
            for start in _starts(steps, text):
                followed, stop = _reach(steps, text, start)
                if followed == len(steps):
                    if not is_short or _stands_alone(text, start, stop):
                        yield start, stop
                elif cut and followed >= SHORTEST and _is_end(text, stop):
                    yield start, len(text)

    def _login_spans(self, text: str) -> Iterator[tuple[int, int]]:
        for steps in self._logins:
            for start in _starts(steps, text):
                followed, stop = _reach(steps, text, start)
                if followed >= min(BEGINNING, len(steps)):
                    yield start, stop


def _coded(login: str) -> set[str]:
    """What Basic sends, without the padding, in both alphabets."""
    content = login.encode()
    return {code(content).decode().rstrip("=") for code in (b64encode, urlsafe_b64encode)}


def _ways(secret: str) -> set[Steps]:
    """A secret may itself look like an escape, or like one of an escape: it is looked for in each reading."""
    return {_steps(secret, again) for again in (PLAIN, LAZY, GREEDY)}


def _steps(secret: str, again: str) -> Steps:
    runs = (
        (char, sum(1 for _ in run)) for char, run in groupby(secret, lambda one: " " if one.isspace() else one)
    )
    return tuple(step for char, count in runs for step in _run(char, count, again))


def _run(char: str, count: int, again: str) -> list[re.Pattern[str]]:
    """Backslashes are doubled by many, and white space is joined."""
    if char == "\\":
        return [re.compile(rf"\\{{{count},}}|{_often(char, count, again)}", re.IGNORECASE)]
    if char == " ":
        return [re.compile(rf"(?:\s|\\+[tnr]|\+|{_often(char, 1, again)})+", re.IGNORECASE)]
    return [_step(char, again)] * count


def _often(char: str, count: int, again: str) -> str:
    return f"(?:{'|'.join(_escapes(char, again))}){{{count}}}"


@lru_cache(maxsize=1024)
def _step(char: str, again: str) -> re.Pattern[str]:
    """One letter in every writing; before a quote or another sign there may be backslashes."""
    plain = re.escape(char) if char.isalnum() else rf"\\*{re.escape(char)}"
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
    found = ["".join(rf"\\+u{pair}" for pair in pairs), rf"\\+U{code:08x}"]
    found += [
        "".join(rf"\\+x{octet:02x}" for octet in octets),
        "".join(f"{percent}{octet:02x}" for octet in octets),
    ]
    found += [rf"\\+x{code:02x}", f"{percent}{code:02x}"] if code < 256 else []
    names = [codepoint2name[code]] if code in codepoint2name else []
    named = [f"#0*{code}", f"#x0*{code:x}", *names, *(["apos"] if char == "'" else [])]
    return [*found, f"{ampersand}(?:{'|'.join(named)});"]


def _starts(steps: Steps, text: str) -> Iterator[int]:
    return (found.start() for found in steps[0].finditer(text))


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
