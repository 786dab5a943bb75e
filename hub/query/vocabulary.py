"""Which paths a query may name, and what may be asked of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from hub.query.attributes import Attribute, Attributes, Path, check_against
from hub.query.checks import check_comparison
from hub.query.syntax import Comparison

Translate = Callable[[Path], Path]
"""From the path of a face to that of the stored document; a longer path begins as the shorter one does."""


ReadAddress = Callable[[str], str]
"""From an address that a face shows to the one that is kept."""

ADDRESS = "href"


def as_it_is(path: Path) -> Path:
    return path


def as_written(address: str) -> str:
    return address


def with_kept_addresses(comparison: Comparison, address: ReadAddress) -> Comparison:
    """The comparison with an address as documents have it."""
    if comparison.path[-1] != ADDRESS:
        return comparison
    return replace(comparison, values=tuple(map(address, comparison.values)))


class Vocabulary(Protocol):
    def find(self, path: Path) -> tuple[Path, Attribute]:
        """The path as documents have it, and what is there. Raises ValueError naming what is not known."""

    def comparison(self, given: Comparison) -> Comparison:
        """The comparison in the words of documents. Raises ValueError when it can never hold."""


@dataclass(frozen=True, kw_only=True)
class ResourceVocabulary:
    """The attributes of a resource, first level first."""

    attributes: Attributes
    translate: Translate = as_it_is
    address: ReadAddress = as_written

    def find(self, path: Path) -> tuple[Path, Attribute]:
        translated = self.translate(path)
        return translated, self.attributes.find(translated)

    def leads_through_list(self, path: Path) -> bool:
        return any(attribute.many for attribute in self.attributes.along(self.translate(path)))

    def comparison(self, given: Comparison) -> Comparison:
        path, attribute = self.find(given.path)
        checked = check_comparison(given)
        check_against(attribute, checked)
        return with_kept_addresses(replace(checked, path=path), self.address)
