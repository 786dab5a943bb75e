"""Holds the conditions in the paths of a patch against what a report can be asked, as it is done in lists.

A report may have members that no contract names, so that a name is known, too, where the report has something there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from hub.model.problem import Document
from hub.problems.patch_path import Asked, Step, Where
from hub.query.attributes import ANY, Attribute, Attributes, Holds, Path
from hub.query.jsonpath import parse_filter
from hub.query.syntax import Comparison
from hub.query.vocabulary import ResourceVocabulary

TYPE = "@type"


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the report that is patched can be asked: a Vocabulary, of which every path is as the report shows it."""

    vocabulary: ResourceVocabulary
    document: Document

    @property
    def closed(self) -> bool:
        return self.vocabulary.closed

    def find(self, path: Path) -> tuple[Path, Attribute]:
        try:
            return path, self.vocabulary.find(path)[1]
        except ValueError:
            if not _is_there(self.document, path):
                raise
            return path, ANY

    def comparison(self, given: Comparison) -> Comparison:
        if self.find(given.path)[1] is not ANY:
            self.vocabulary.comparison(given)
        return given


def check_names(steps: Iterable[Step], vocabulary: ResourceVocabulary, document: Any) -> None:
    """Raises ValueError for a condition with a name that is not known, or a value that is never there."""
    if not isinstance(document, dict):
        return
    names = Names(vocabulary=_fitting(vocabulary, document), document=document)
    for step in steps:
        for asked in step.asked if isinstance(step, Where) else ():
            _check(asked, names)


def _fitting(vocabulary: ResourceVocabulary, document: Document) -> ResourceVocabulary:
    """A report whose type is described nowhere may have any attribute."""
    attributes: Attributes = vocabulary.attributes
    if not attributes.types or document.get(TYPE) in attributes.types:
        return vocabulary
    return replace(vocabulary, attributes=attributes.opened())


def _check(asked: Asked, names: Names) -> None:
    if asked.filter:
        at = "".join(f"['{name}']" for name in asked.at)
        parse_filter(f"${at}[{asked.filter}]", vocabulary=names, field="path")
    for comparison in asked.comparisons:
        path = (*_nearest(asked.at, names), *comparison.path)
        try:
            names.comparison(replace(comparison, path=path))
        except ValueError as error:
            raise ValueError(f"{'.'.join(comparison.path)}: {error}") from error


def _nearest(at: Path, names: Names) -> Path:
    """The names of the object that a condition speaks of where they lead to a plain value."""
    while at and names.find(at)[1].holds not in (Holds.OBJECT, Holds.ANYTHING):
        at = at[:-1]
    return at


def _is_there(value: Any, path: Path) -> bool:
    """Whether a path of names leads to something, in any element of the lists on its way."""
    if isinstance(value, list):
        return any(_is_there(element, path) for element in value)
    if not path:
        return True
    return isinstance(value, dict) and path[0] in value and _is_there(value[path[0]], path[1:])
