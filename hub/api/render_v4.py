"""The v4 face, and the v3 one, which is v4 with the names of R18.5: a report is parsed, translated, written anew."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson

from hub.api.messages import Request
from hub.api.render import MERGING, Face, MakeEdit, Path, array
from hub.errors import InvalidInput, Violation
from hub.faces import V4, r18, v4
from hub.faces.addresses import Addresses
from hub.faces.demanded import with_demanded
from hub.faces.parts import same
from hub.model.event import Record
from hub.model.problem import Document, Problem
from hub.model.subscription import Subscription
from hub.model.task import TaskKind
from hub.problems.edits import Edit
from hub.query.selection import select

WRAPPERS = tuple({f".{wrapped.member}" for wrapped in v4.WRAPPED.values()})


class FaceV4(Face):
    """`check` holds a translated report against the v5 contract; `r18_names` adds the names of R18.5.

    `kept_url` is the base of the addresses that are kept; they are shown at that of this face.
    """

    unknown_names = v4.PROBLEM.hidden
    kept_values = v4.KEPT_TYPES
    other_paths = frozenset((name, shape.member) for name, shape in v4.WRAPPED.items())

    def __init__(
        self,
        base_url: str,
        *,
        kept_url: str,
        check: Callable[[Document], Sequence[Violation]],
        r18_names: bool = False,
        name: str = V4,
    ) -> None:
        super().__init__(base_url)
        self.name = name
        self._addresses = Addresses(kept_url, base_url)
        self._check = check
        self._r18_names = r18_names
        self.older_names = r18.NAMES if r18_names else frozenset()

    def problem(self, problem_id: str, document: bytes, fields: tuple[str, ...] = ()) -> bytes:
        kept = {"id": problem_id, "href": self.problem_href(problem_id), **orjson.loads(document)}
        shown = v4.outgoing(kept)
        whole = r18.asked(r18.outgoing(shown), fields) if self._r18_names else shown
        return self.json(select(whole, with_demanded(fields)) if fields else whole)

    def problems(self, rows: Iterable[tuple[str, bytes]], fields: tuple[str, ...] = ()) -> bytes:
        return array([self.problem(problem_id, document, fields) for problem_id, document in rows])

    def changed(self, problem: Problem, fields: tuple[str, ...] = ()) -> bytes:
        return self.problem(problem.id, orjson.dumps(problem.document), fields)

    def task(self, kind: TaskKind, task_id: str, document: bytes, fields: tuple[str, ...] = ()) -> bytes:
        """A task, of which v4 knows no state: it is done when it is answered."""
        whole = {"id": task_id, "href": self.task_href(kind, task_id), **orjson.loads(document)}
        del whole["state"]
        return self.json(select(whole, fields))

    def json(self, content: Document | list[Document]) -> bytes:
        return self._addresses.in_json(orjson.dumps(content))

    def record(self, record: Record, fields: tuple[str, ...] = ()) -> Document:
        """An entry of the history, of which v4 knows no type; the changes in it are v4's."""
        document = super().record(record)
        del document["@type"]
        document["notification"]["changes"] = _changes(record.changes)
        return select(document, fields) if fields else document

    def subscription(self, subscription: Subscription, shown: Document) -> Document:
        whole = super().subscription(subscription, shown)
        return {name: whole[name] for name in ("id", "callback", "query", *shown) if name in whole}

    def given(self, body: Document) -> Document:
        self._refuse_unknown(body)
        document = {"@type": "ServiceProblem", **v4.incoming(self._addresses.kept(self._renamed(body)))}
        violations = self._check(document)
        if violations:
            raise InvalidInput(violations=violations)
        return document

    def _refuse_unknown(self, document: Document) -> None:
        """Raises InvalidInput for what v5 has and v4 has not: it would be lost."""
        message = "is no attribute of this version"
        violations = [
            Violation(field=name, value=document[name], message=message)
            for name in sorted(self.unknown_names & document.keys())
            if document[name] is not None
        ]
        if violations:
            raise InvalidInput(violations=violations)

    def edit(self, request: Request, make: MakeEdit) -> Edit:
        def edited_of(shown: Document) -> Document:
            if not self._r18_names:
                return make(request)(shown)
            body = _with_present_names(request.body, shown)
            by_paths = request.media_type not in MERGING
            edited = make(replace(request, body=body))(r18.editable(shown, by_paths=by_paths))
            return r18.edited(edited, shown)

        def translated(kept: Document) -> Document:
            plain = v4.outgoing(kept)
            shown = self._addresses.shown(plain)
            edited = edited_of(shown)
            self._refuse_unknown(edited)
            changed = {name: value for name, value in edited.items() if not _is_as_shown(name, value, shown)}
            unchanged = {name: plain[name] for name in edited if name not in changed}
            return v4.incoming({**unchanged, **self._addresses.kept(changed)}, kept)

        return translated

    def address(self, text: str) -> str:
        return self._addresses.kept_text(text)

    def task_given(self, body: Document) -> Document:
        given: Document = self._addresses.kept(body)
        return given

    def path(self, path: Path) -> Path:
        return v4.path(r18.path(path) if self._r18_names else path)

    def worded(self, field: str) -> str:
        for wrapper in WRAPPERS:
            field = field.replace(wrapper, "")
        return field

    def _renamed(self, body: Document) -> Document:
        return r18.incoming(body) if self._r18_names else body


def _with_present_names(patch: Any, shown: Document) -> Any:
    """A merge patch or a JSON patch, or one operation of a JSON patch, with names of R18.5 in it."""
    if isinstance(patch, list):
        return [r18.operation(each, shown) for each in patch]
    return r18.operation(patch, shown) if "op" in patch else r18.patch(patch, shown)


def _is_as_shown(name: str, value: Any, shown: Document) -> bool:
    return name in shown and same(value, shown[name])


def _changes(changes: Document) -> Document:
    """{attribute: {"from", "to"}} with both values as v4 has them."""
    sides = {side: v4.outgoing({name: change.get(side) for name, change in changes.items()}) for side in SIDES}
    return {name: {side: sides[side][name] for side in SIDES} for name in changes if name in sides["to"]}


SIDES = ("from", "to")
