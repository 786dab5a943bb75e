"""Which paths a query may name, and what may be asked of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from hub.query.attributes import Attribute, Attributes, Path, check_against
from hub.query.checks import check_comparison
from hub.query.syntax import Comparison, Operator

Translate = Callable[[Path], Path]
"""From the path of a face to that of the stored document; a longer path begins as the shorter one does."""


ReadAddress = Callable[[str], str]
"""From an address that a face shows to the one that is kept."""

ADDRESS = "href"

PATHS_KEPT = 1024
"""How many paths are kept with what is there."""


def as_it_is(path: Path) -> Path:
    return path


HREF: Path = (ADDRESS,)
ID: Path = ("id",)


def as_written(address: str) -> str:
    return address


def with_kept_addresses(comparison: Comparison, address: ReadAddress) -> Comparison:
    """The comparison with an address as documents have it."""
    if comparison.path[-1] != ADDRESS:
        return comparison
    return replace(comparison, values=tuple(map(address, comparison.values)))


class Vocabulary(Protocol):
    @property
    def closed(self) -> bool:
        """Whether there is nothing but what is described; else a query may have been accepted before."""

    def find(self, path: Path) -> tuple[Path, Attribute]:
        """The path as documents have it, and what is there. Raises ValueError naming what is not known."""

    def comparison(self, given: Comparison) -> Comparison:
        """The comparison in the words of documents. Raises ValueError when it can never hold."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ResourceVocabulary:
    """The attributes of a resource, first level first.

    Compared by identity, so that it can be a key.
    `addresses` is what every `href` of the resource begins with at this face: the id follows, and is what is kept.
    With `extended`, objects may have members that the contract does not know.
    """

    attributes: Attributes
    translate: Translate = as_it_is
    address: ReadAddress = as_written
    addresses: str = ""
    extended: bool = False
    _found: dict[Path, tuple[Path, Attribute]] = field(default_factory=dict, init=False, repr=False)

    @property
    def closed(self) -> bool:
        return self.attributes.closed

    def with_extensions(self) -> "ResourceVocabulary":
        return replace(self, extended=True)

    def find(self, path: Path) -> tuple[Path, Attribute]:
        found = self._found.get(path)
        if found is None:
            found = self._looked_up(path)
            if len(self._found) < PATHS_KEPT:
                self._found[path] = found
        return found

    def _looked_up(self, path: Path) -> tuple[Path, Attribute]:
        kept = self._kept(path)
        try:
            return kept, self.attributes.along(kept, extended=self.extended)[-1]
        except ValueError as error:  # it is about the path as it is kept
            raise ValueError(str(error).replace(".".join(kept), ".".join(path))) from None

    def _kept(self, path: Path) -> Path:
        return ID if self._is_address(path) else self.translate(path)

    def _is_address(self, path: Path) -> bool:
        return path == HREF and bool(self.addresses)

    def leads_through_list(self, path: Path) -> bool:
        return any(attribute.many for attribute in self.attributes.along(self._kept(path)))

    def comparison(self, given: Comparison) -> Comparison:
        if self._is_address(given.path):
            given = by_id(given, self.addresses)
        path, attribute = self.find(given.path)
        checked = attribute.spelt(check_comparison(given))
        shown = self.attributes.shown_members(path) if attribute.members and not self.extended else ()
        check_against(attribute, checked, shown=shown)
        if path != checked.path:
            checked = replace(checked, path=path)
        return with_kept_addresses(attribute.kept(checked), self.address)


def check_address(given: Comparison) -> None:
    """Raises ValueError for what an address of the resource itself is not asked."""
    if given.operator not in (Operator.EQ, Operator.NE):
        raise ValueError(f"href is compared with eq or ne, not with {given.operator}")


def by_id(given: Comparison, addresses: str) -> Comparison:
    """A comparison with whole addresses as one with ids. Raises ValueError for any other operator."""
    check_address(given)
    # No id is empty, so that another address is that of nothing.
    ids = tuple(value.removeprefix(addresses) if value.startswith(addresses) else "" for value in given.values)
    return Comparison(path=ID, operator=given.operator, values=ids)
