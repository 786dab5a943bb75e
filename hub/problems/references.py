"""The reports that a task names: by id, or by an address of this hub; everything that is wrong is told at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.problems.ownership import Ownership
from hub.store.problems import Stored
from hub.store.tables import Tables

RESOURCE = "serviceProblem"
NOT_HERE = "is no address of a report here"


@dataclass(frozen=True, kw_only=True)
class Named:
    """A report that a task names, and the place where it does: `problem[1]`."""

    place: str
    given: Document
    stored: Stored

    @property
    def id(self) -> str:
        return self.stored.problem.id


class References:
    """Reads references; `base_url` is that of the v5 face, whose neighbours are the faces of other versions."""

    def __init__(self, base_url: str) -> None:
        api, _, _ = base_url.rpartition("/")
        self._here = (f"{api}/", f"{urlsplit(api).path}/")

    def named(
        self, tables: Tables, given: Sequence[tuple[str, Document]], *, owner: Ownership
    ) -> tuple[Named, ...]:
        """The reports that (place, reference) pairs name, in their order.

        Raises InvalidInput for each that names none, names two, is not seen by its owner, or was named before.
        """
        violations: list[Violation] = []
        found: dict[str, Named] = {}
        for place, one in given:
            match self._named(tables, place, one, owner):
                case Violation() as violation:
                    violations.append(violation)
                case named if named.id in found:
                    message = f"names the same report as {found[named.id].place}"
                    violations.append(Violation(field=f"{place}.id", value=named.id, message=message))
                case named:
                    found[named.id] = named
        if violations:
            raise InvalidInput(violations=violations)
        return tuple(found.values())

    def _named(self, tables: Tables, place: str, given: Document, owner: Ownership) -> Named | Violation:
        problem_id, href = given.get("id"), given.get("href")
        if href is not None and problem_id is not None and href.rpartition("/")[2] != problem_id:
            is_here = self._id_at(href) is not None
            message = f"is the address of another report than {problem_id}" if is_here else NOT_HERE
            return Violation(field=f"{place}.href", value=href, message=message)
        if href is not None and problem_id is None:
            problem_id = self._id_at(href)
            if problem_id is None:
                return Violation(field=f"{place}.href", value=href, message=NOT_HERE)
        if problem_id is None:
            return Violation(field=f"{place}.id", message="is missing; name the report by its id or its href")
        stored = tables.problems.get(problem_id)
        if stored is None or not owner.sees(stored.problem.document):
            return Violation(field=f"{place}.id", value=problem_id, message=f"no service problem {problem_id}")
        return Named(place=place, given=given, stored=stored)

    def _id_at(self, href: str) -> str | None:
        """The id in an address of this hub, with or without its host, at any version of the API."""
        for here in self._here:
            version, _, rest = href.removeprefix(here).partition(f"/{RESOURCE}/")
            if href.startswith(here) and rest and "/" not in version + rest:
                return rest
        return None
