"""The words in which a status is written into a ticket: each has to be read as the status that it is written for."""

from collections.abc import Mapping
from typing import Any

from hub.errors import Violation
from hub.intake.filling import word


def written_words(raw: Mapping[str, Any]) -> Mapping[str, str]:
    """{status: word to write it} of the content of a mapping file."""
    words: Mapping[str, str] = (raw.get("write") or {}).get("status") or {}
    return words


def misread_words(parts: Mapping[str, Any]) -> dict[str, Violation]:
    """{status: what is wrong} of the words that would not come back as the status that they are written for."""
    rule = parts["fields"]["status"]
    return {
        status: Violation(field=f"write.status.{status}", message=why, value=own)
        for status, own in written_words(parts).items()
        if (why := _misread(status, own, rule)) is not None
    }


def _misread(status: str, own: str, rule: Mapping[str, Any]) -> str | None:
    if "table" not in rule:
        read = rule.get("value", own)
        return None if read == status else f"{own!r} is read as {read!r}: `fields.status` has no table"
    table = {word(key): value for key, value in rule["table"].items()}
    if own not in table:
        return f"`fields.status.table` has no word {own!r}; its words are {', '.join(table)}"
    read = table[own]
    return (
        None if read == status else f"`fields.status.table` reads {own!r} as {read}: it would undo what is written"
    )
