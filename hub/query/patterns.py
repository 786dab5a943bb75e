"""Regular expressions: the language of RE2, whose time grows with the text and never faster, whatever the pattern.

A pattern is found anywhere in a text; `^` and `$` bind it to the ends. It asks texts only.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import re2

PATTERN_MAXIMUM = 500
"""Characters of a pattern."""

MEMORY = 1 << 20
"""Bytes that one pattern may take, compiled and while it is matched."""

PATTERNS_KEPT = 64

Search = Callable[[str], object]
"""Gives what was found, or None."""


@lru_cache(maxsize=PATTERNS_KEPT)
def search_for(pattern: str) -> Search:
    """The search for a pattern. Raises ValueError, which says what RE2 does not take."""
    if len(pattern) > PATTERN_MAXIMUM:
        raise ValueError(f"the pattern has {len(pattern)} characters, more than {PATTERN_MAXIMUM}")
    try:
        search: Search = re2.compile(pattern, options=_options()).search
    except re2.error as error:
        (reason,) = error.args
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"{pattern!r} is not a regular expression of RE2: {said}") from error
    return search


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    return options


def search_for_all(patterns: Sequence[str]) -> Callable[[str], Sequence[int]]:
    """The search for all of some patterns at once; gives the places in `patterns` of those that are found.

    RE2 looks for the texts that the patterns cannot do without, all in one pass, and tries only the patterns whose
    texts are there. It takes some hundred patterns; where they are too much for it, each is tried.
    """
    known = re2.Filter()
    try:
        for pattern in patterns:
            known.Add(pattern, _options())
        known.Compile()
    except re2.error:
        searches = [search_for(pattern) for pattern in patterns]
        return lambda text: [place for place, search in enumerate(searches) if search(text) is not None]
    return lambda text: known.Match(text) or ()


def is_found(pattern: str, text: object) -> bool:
    """Whether the pattern is found in the text; what is no text holds nothing. SQL calls it `pattern_found`."""
    return isinstance(text, str) and search_for(pattern)(text) is not None


def whole(pattern: str) -> str:
    """The pattern that fits a whole text only. Raises ValueError."""
    search_for(pattern)
    return rf"\A(?:{pattern})\z"
