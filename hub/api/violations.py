"""What a compiled schema says about a body: every violation, with its place and in plain words."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jsonschema_rs

from hub.errors import Violation
from hub.model.spelling import plain

Kind = dict[str, Any]

MAX_VIOLATIONS = 100
MAX_VALUE = 200
SECRETS = frozenset({"secret", "privateKey", "auth", "tls", "signature"})
"""Names whose value is never repeated, neither to the caller nor to a log."""

TYPE_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "a text",
    "null": "null",
}
_PLAIN, _ESCAPED = r"""[^\x00-\x20\x7f<>"{}|\\^`%]""", "%[0-9A-Fa-f]{2}"
_SPACED = f"(?: |{_PLAIN}|{_ESCAPED})*"
ADDRESS = f"^(?:(?:{_PLAIN}|{_ESCAPED})*|{_SPACED}://{_SPACED})$"
"""An address, or the end of one (RFC 3986), as a pattern: a format of our own is a call of Python for each text.

Examples of the standard have a space in an absolute address, which is taken; a sentence is no address.
"""
FORMAT_WORDS = {
    "date-time": "must be a time with its zone, such as 2026-03-01T12:00:00Z",
    "uri": "must be an absolute address, such as https://listener.example.com/events",
}
PATTERN_WORDS = {
    r"^(100(\.0+)?|[1-9]?[0-9](\.[0-9]+)?)$": "must be a number from 0 to 100, as a text",
    r"^(10(\.0+)?|[0-9](\.[0-9]+)?)$": "must be a number from 0 to 10, as a text",
    r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*$": "must be one line, without control characters",
    ADDRESS: "must be an address, in which a space is written %20",
}
"""What a format, or a pattern of a contract, means."""

NOT_ASCII = "must be an address in ASCII: write the host in its ASCII form (xn--…), and all else percent-encoded"


def errors_of(validator: jsonschema_rs.Validator, instance: Any) -> list[Violation]:
    """What is wrong with `instance`: one violation for each place, at most a hundred."""
    if validator.is_valid(instance):
        return []
    try:
        errors = validator.iter_errors(instance)
    except ValueError:  # the library quotes the value in its error, and gives up on 255 levels
        return [Violation(field="", message="is wrong, and nested too deeply to say where")]
    first: dict[str, Violation] = {}
    for violation in _violations(errors):
        first.setdefault(violation.field, violation)
        if len(first) == MAX_VIOLATIONS:
            break
    return list(first.values())


def _violations(errors: Iterable[jsonschema_rs.ValidationError]) -> Iterator[Violation]:
    for error in errors:
        if error.kind.name in ("anyOf", "oneOf") and (branch := _nearest(error)):
            yield from _violations(branch)
        elif error.kind.name == "additionalProperties":
            yield from _unknown(error)
        else:
            yield _violation(error)


def _unknown(error: jsonschema_rs.ValidationError) -> Iterator[Violation]:
    """Without the values: one may be a secret under a misspelt name."""
    for name in error.kind.as_dict()["unexpected"]:
        yield Violation(field=dotted([*error.instance_path, name]), message="is not known here")


def _nearest(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """The alternative that the value was most likely meant to be: the one with the fewest errors."""
    branches: list[list[jsonschema_rs.ValidationError]] = error.kind.as_dict().get("context", [])
    # A branch that only says "must be null" is the other half of `nullable`.
    possible = [branch for branch in branches if not _wants_null(branch)]
    place = list(error.instance_path)
    meant = [branch for branch in possible if not _wants_another_type(branch, place)]
    return min(meant or possible, key=len, default=[])


def _wants_null(branch: list[jsonschema_rs.ValidationError]) -> bool:
    return any(error.kind.as_dict().get("types") == ["null"] for error in branch)


def _wants_another_type(branch: list[jsonschema_rs.ValidationError], place: list[str | int]) -> bool:
    """Whether a branch is for values of another type: a list is not meant to be the one object."""
    return any(error.kind.name == "type" and list(error.instance_path) == place for error in branch)


def _violation(error: jsonschema_rs.ValidationError) -> Violation:
    path, kind = list(error.instance_path), error.kind.as_dict()
    if error.kind.name == "required":
        return Violation(field=dotted([*path, kind["property"]]), message="is missing")
    say = SENTENCES.get(error.kind.name)
    message = say(kind, error.instance) if say else f"does not fit the contract ({error.kind.name})"
    value = None if _is_secret(path) else _short(error.instance)
    return Violation(field=dotted(path), message=message, value=value)


def _is_secret(path: list[str | int]) -> bool:
    """Of `delivery` the whole, too: who gives another thing there may have meant one of its secrets."""
    return bool(SECRETS.intersection(path)) or path[-1:] == ["delivery"]


def _wrong_type(kind: Kind, instance: Any) -> str:
    wanted = " or ".join(word for name, word in TYPE_WORDS.items() if name in kind["types"])
    return f"must be {wanted}, not {TYPE_WORDS[_type_of(instance)]}"


def _wrong_format(kind: Kind, instance: Any) -> str:
    if kind["format"] == "uri" and not str(instance).isascii():
        return NOT_ASCII
    return FORMAT_WORDS.get(kind["format"], f"must have the format {kind['format']}")


def _too_short(kind: Kind, _: Any) -> str:
    return "must not be empty" if kind["limit"] == 1 else f"must have at least {kind['limit']} characters"


def _too_few(kind: Kind, _: Any) -> str:
    return "must not be empty" if kind["limit"] == 1 else f"must have at least {kind['limit']} entries"


def _not_one_of(kind: Kind, instance: Any) -> str:
    words = ["null" if word is None else str(word) for word in kind["options"]]
    if len(words) == 1:
        return f"must be {words[0]}"
    meant = next((word for word in words if plain(word) == plain(str(instance))), None)
    return f"must be one of {', '.join(words)}" + (f"; did you mean {meant}?" if meant else "")


SENTENCES: dict[str, Callable[[Kind, Any], str]] = {
    "type": _wrong_type,
    "format": _wrong_format,
    "enum": _not_one_of,
    "minLength": _too_short,
    "maxLength": lambda kind, _: f"must have at most {kind['limit']} characters",
    "minimum": lambda kind, _: f"must be at least {kind['limit']}",
    "maximum": lambda kind, _: f"must be at most {kind['limit']}",
    "minItems": _too_few,
    "maxItems": lambda kind, _: f"must have at most {kind['limit']} entries",
    "pattern": lambda kind, _: PATTERN_WORDS.get(kind["pattern"], f"must match {kind['pattern']}"),
}


def _type_of(instance: Any) -> str:
    match instance:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case _:
            return "object"


def dotted(path: list[str | int]) -> str:
    """A path as people write it: `affectedService[0].id`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _short(value: Any) -> Any:
    """The value itself when it is small, otherwise the beginning of its text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"
