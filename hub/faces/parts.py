"""How the parts of a report differ between v5 and v4: what one wraps, the other has flat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from hub.model.problem import Document

OUTER = frozenset({"role", "@type", "@baseType", "@schemaLocation"})
"""What v5 writes beside the wrapped thing, and not into it."""

HIDDEN = frozenset({"@type", "@baseType", "@schemaLocation"})
"""What the wrapped thing has for itself; flat there is room for one of each only, and the outer one takes it."""


class Shape(Protocol):
    """Translates one part; `base` is the part as it is kept, or None when it is new."""

    def outgoing(self, part: Document) -> Document: ...

    def incoming(self, part: Document, base: Document | None) -> Document: ...


def exact(value: Any) -> bytes:
    """A text that two JSON values share when they are the same; Python alone takes `true` for 1."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def same(one: Any, other: Any) -> bool:
    return one == other and exact(one) == exact(other)


@dataclass(frozen=True, kw_only=True)
class Wrapped:
    """A part that v5 keeps as `{role, member: {…}}` and v4 as one flat object.

    `referred` is the `@referredType` shown for a thing that tells nothing of itself, None when v4 does not demand
    one; `shown` is what v4 demands beside it. `type_of_new` tells the `@type` of a thing that comes in flat, None to
    leave it to the contract. A flat part whose type, or base type, is one of `thing_types` says it of the thing.
    """

    member: str
    v5_type: str
    v4_type: str
    referred: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    type_of_new: Callable[[Document], str | None] = lambda thing: None
    thing_types: frozenset[str] = frozenset()

    def outgoing(self, part: Document) -> Document:
        thing = self._thing(part)
        flat = {name: value for name, value in thing.items() if name not in HIDDEN}
        flat |= {name: value for name, value in part.items() if name != self.member}
        if flat.get("@type") == self.v5_type:
            flat["@type"] = self.v4_type
        return {**self.shown, **self._referred(thing), **flat}

    def incoming(self, part: Document, base: Document | None) -> Document:
        if base is None:
            return self._new(part)
        thing = self._thing(base)
        shown = self.outgoing(base)
        if self._tells_thing(part) and part.get("@type") != shown.get("@type"):
            return self._retyped(part, base, shown)
        given = {
            name: value
            for name, value in part.items()
            if name in base or name in thing or name not in shown or not same(value, shown[name])
        }
        inner = {name: value for name, value in given.items() if _is_inner(name, base, thing)}
        inner |= {
            name: value for name, value in thing.items() if name in HIDDEN or (name in base and name in part)
        }
        outer = {name: value for name, value in given.items() if not _is_inner(name, base, thing)}
        return self._typed(outer) | ({self.member: inner} if inner or self.member in base else {})

    def unfolded(self, part: Document) -> Document:
        """A flat part with its members where v5 has them, and nothing more."""
        outside = OUTER - HIDDEN if self._tells_thing(part) else OUTER
        inner = {name: value for name, value in part.items() if name not in outside}
        outer = {name: value for name, value in part.items() if name in outside}
        return self._typed(outer) | {self.member: inner}

    def _new(self, part: Document) -> Document:
        whole = self.unfolded(part)
        kind = self.type_of_new(whole[self.member])
        return whole | {self.member: {"@type": kind, **whole[self.member]}} if kind else whole

    def _retyped(self, part: Document, base: Document, shown: Document) -> Document:
        """A kept part, edited, whose thing has now the type that the part says."""
        own = {name: value for name, value in part.items() if name not in HIDDEN}
        made = self.incoming(own | {name: shown[name] for name in HIDDEN if name in shown}, base)
        typed = {name: value for name, value in part.items() if name in HIDDEN}
        return {**made, self.member: {**self._thing(made), **typed}}

    def _tells_thing(self, part: Document) -> bool:
        kinds = [part.get(name) for name in ("@type", "@baseType")]
        return any(isinstance(kind, str) and kind in self.thing_types for kind in kinds)

    def _thing(self, part: Document) -> Document:
        thing = part.get(self.member)
        return thing if isinstance(thing, dict) else {}

    def _referred(self, thing: Document) -> Document:
        """The `@referredType` that the type of the thing tells; a mere reference tells nothing more than v4 knows."""
        kind = thing.get("@type")
        if isinstance(kind, str) and (self.referred or not kind.endswith("Ref")):
            return {"@referredType": kind.removesuffix("Ref")}
        return {"@referredType": self.referred} if self.referred else {}

    def _typed(self, outer: Document) -> Document:
        return {**outer, "@type": self.v5_type} if outer.get("@type") == self.v4_type else outer


def _is_inner(name: str, base: Document, thing: Document) -> bool:
    """Where a flat member belongs: where it is kept already, or where v5 has it."""
    if name in base:
        return False
    return (name in thing and name not in HIDDEN) or name not in OUTER


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A part that v4 demands more of: `shown` is given when it is absent, and not kept when it comes back."""

    shown: Mapping[str, Any]

    def outgoing(self, part: Document) -> Document:
        return {**self.shown, **part}

    def incoming(self, part: Document, base: Document | None) -> Document:
        if base is None:
            return part
        return {
            name: value
            for name, value in part.items()
            if name in base or name not in self.shown or not same(value, self.shown[name])
        }


@dataclass(frozen=True, kw_only=True)
class Members:
    """An object of which some members, or the entries of a list there, have a shape; `hidden` are not shown."""

    shapes: Mapping[str, Shape]
    hidden: frozenset[str] = frozenset()

    def outgoing(self, part: Document) -> Document:
        return {
            name: _outgoing(self.shapes[name], value) if name in self.shapes else value
            for name, value in part.items()
            if name not in self.hidden
        }

    def incoming(self, part: Document, base: Document | None) -> Document:
        kept = base or {}
        made = {
            name: _incoming(self.shapes[name], value, kept.get(name)) if name in self.shapes else value
            for name, value in part.items()
            if name not in self.hidden
        }
        return made | {name: value for name, value in kept.items() if name in self.hidden}


def _outgoing(shape: Shape, value: Any) -> Any:
    if isinstance(value, list):
        return [_outgoing(shape, each) for each in value]
    return shape.outgoing(value) if isinstance(value, dict) else value


def _incoming(shape: Shape, value: Any, base: Any) -> Any:
    """The kept parts that came back unchanged, and the translation of the others."""
    if isinstance(value, list):
        return _incoming_list(shape, value, base if isinstance(base, list) else [])
    return _incoming_list(shape, [value], [base])[0]


def _incoming_list(shape: Shape, values: list[Any], base: list[Any]) -> list[Any]:
    """Each value finds the kept part that it is: the one that was shown just so, else one with its identity."""
    pairs = [(kept, shape.outgoing(kept)) for kept in base if isinstance(kept, dict)]
    unchanged = _partners(values, pairs, exact, exact)
    partners = list(unchanged)
    for key, key_of_shown in IDENTITIES:
        used = {id(kept) for kept in partners if kept is not None}
        left = [value if kept is None else None for value, kept in zip(values, partners, strict=True)]
        free = [pair for pair in pairs if id(pair[0]) not in used]
        found = _partners(left, free, key, key_of_shown)
        partners = [other if kept is None else kept for kept, other in zip(partners, found, strict=True)]
    return [
        _translated(shape, value, kept, partner)
        for value, kept, partner in zip(values, unchanged, partners, strict=True)
    ]


Key = Callable[[Document], bytes | None]
"""What two parts share when they are the same; None for a part that has no such thing."""


def _partners(
    values: list[Any], pairs: list[tuple[Document, Document]], key: Key, key_of_shown: Key
) -> list[Document | None]:
    """For each value a kept part whose shown form has the same key; each kept part is given away once."""
    waiting: dict[bytes | None, list[Document]] = {}
    for kept, shown in reversed(pairs):
        waiting.setdefault(key_of_shown(shown), []).append(kept)
    waiting.pop(None, None)
    found = [waiting.get(key(value)) if isinstance(value, dict) else None for value in values]
    return [each.pop() if each else None for each in found]


def _identity(part: Document) -> bytes:
    return exact(part["id"] if part.get("id") else [part.get("name")])


def _identity_and_kind(part: Document) -> bytes:
    return exact([part.get("@referredType"), _identity(part).decode()])


def _identity_without_kind(part: Document) -> bytes | None:
    return None if part.get("@referredType") else _identity(part)


def _identity_of_any_kind(part: Document) -> bytes | None:
    return _identity(part) if part.get("@referredType") in (None, "", *UNTOLD) else None


UNTOLD = ("Party", "Entity")
"""What is shown as the kind of a thing that tells none."""

IDENTITIES: tuple[tuple[Key, Key], ...] = (
    (_identity_and_kind, _identity_and_kind),
    (_identity_without_kind, _identity),
    (_identity, _identity_of_any_kind),
)
"""How a changed part finds its kept one: by id and kind; by id where one of the two tells no kind."""


def _translated(shape: Shape, value: Any, kept: Document | None, partner: Document | None) -> Any:
    if kept is not None or not isinstance(value, dict):
        return value if kept is None else kept
    return shape.incoming(value, partner)
