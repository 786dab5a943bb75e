"""The parts of a query text between `&`, where a JSONPath filter keeps the `&` and `;` inside of it."""

import re

_FILTER = re.compile(r"\s*filter\s*=", re.IGNORECASE)


def parts_of(text: str) -> list[list[str]]:
    """The clauses of each part: `a=1;b=2&c=3` is [["a=1", "b=2"], ["c=3"]]; empty ones are left out."""
    parts: list[list[str]] = []
    place = 0
    while place <= len(text):
        if _FILTER.match(text, place):
            end = _end_of_filter(text, place)
            parts.append([text[place:end]])
        else:
            end = text.find("&", place)
            end = len(text) if end < 0 else end
            parts.append([clause for clause in text[place:end].split(";") if clause.strip()])
        place = end + 1
    return [part for part in parts if part]


def _end_of_filter(text: str, begin: int) -> int:
    """The first `&` outside of brackets and quotes; where they are not closed, the first one of all."""
    depth, quote = 0, ""
    for place in range(begin, len(text)):
        letter = text[place]
        if quote:
            quote = "" if letter == quote and text[place - 1] != "\\" else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[(":
            depth += 1
        elif letter in "])":
            depth -= 1
        elif letter == "&" and depth <= 0:
            return place
    first = text.find("&", begin)
    return first if (depth > 0 or quote) and first >= 0 else len(text)
