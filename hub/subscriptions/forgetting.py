"""Takes a party out of a document: where it is named there stands a pseudonym, and what describes it is left out."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

KEPT = ("@type", "@baseType", "@schemaLocation", "@referredType", "role")
"""What is kept of an object that stands for the party: its form, and what it has to do with the report."""

WHO = ("actor", "user", "author")
"""The members that name a person or a caller."""


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """`names` are those of the party's callers."""

    party: str
    names: Collection[str]
    pseudonym: str

    def out_of(self, node: Any) -> Any:
        """The same without the party; the very same object where it is not named."""
        if isinstance(node, dict):
            return self._object(node)
        if isinstance(node, list):
            parts = [self.out_of(part) for part in node]
            return parts if any(new is not old for new, old in zip(parts, node, strict=True)) else node
        return self.pseudonym if node == self.party else node

    def _object(self, node: dict[str, Any]) -> dict[str, Any]:
        if self.party in (node.get("id"), node.get("partyId")):
            known = {name: value for name, value in node.items() if name in KEPT}
            mark = {name: self.pseudonym for name in ("id", "partyId") if name in node}
            return known | mark
        parts = {name: self._member(name, value) for name, value in node.items()}
        return parts if any(parts[name] is not value for name, value in node.items()) else node

    def _member(self, name: str, value: Any) -> Any:
        if name in WHO and isinstance(value, str) and value in self.names:
            return self.pseudonym
        return self.out_of(value)


def without_callback(event: dict[str, Any]) -> dict[str, Any]:
    """A notice without the address of the listener that it is about; any other event as it is."""
    payload = event.get("event", {})
    match payload:
        case {"listener": {"callback": _, **listener}}:
            told = {"listener": {**listener, "callback": ""}}
        case {"delivery": {"subscription": {"callback": _, **subscription}, **delivery}}:
            told = {"delivery": {**delivery, "subscription": {**subscription, "callback": ""}}}
        case _:
            return event
    return {**event, "event": {**payload, **told}}
