"""How a stored report leaves at the v5 face: its bytes with id and href before them, or a selection of its fields."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import orjson

from hub.api.messages import Request
from hub.faces import V5, v4
from hub.model.event import Record
from hub.model.problem import Document, Problem
from hub.model.subscription import Subscription
from hub.model.task import TaskKind
from hub.model.times import micros_to_text
from hub.problems.edits import Edit
from hub.query.selection import select

Path = tuple[str, ...]

MakeEdit = Callable[[Request], Edit]
"""The edit that a PATCH asks for, as its media type has it."""


def array(parts: list[bytes]) -> bytes:
    """A JSON array of what is JSON already; a long one is put together once, without a copy for its brackets."""
    if not parts:
        return b"[]"
    parts[0] = b"[" + parts[0]
    parts[-1] += b"]"
    return b",".join(parts)


MERGING = ("application/merge-patch+json", "application/json")
"""The media types of a merge patch."""


class Face:
    """The v5 face at its base URL (no final slash); the other faces say in what they differ from it."""

    name = V5
    older_names: frozenset[str] = frozenset()
    """Attributes that are asked for by the name of an earlier version."""
    unknown_names: frozenset[str] = frozenset()
    """Attributes of v5 that this face does not have."""

    kept_values: Mapping[Path, Mapping[str, tuple[str, ...]]] = {}
    """For a path of two names the values that this face shows otherwise than v5, each with what v5 has for it."""

    other_paths: frozenset[Path] = frozenset()
    """Beginnings of paths of v5 that this face has elsewhere."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._around_id = (b'{"id":"', b'","href":"%b/serviceProblem/' % base_url.encode(), b'",')

    def problem_href(self, problem_id: str) -> str:
        return f"{self.base_url}/serviceProblem/{problem_id}"

    def problem(self, problem_id: str, document: bytes, fields: tuple[str, ...] = ()) -> bytes:
        """A report as JSON. `document` is the stored object, which is never empty."""
        whole = problem_id.encode().join(self._around_id) + document[1:]
        return orjson.dumps(select(orjson.loads(whole), fields)) if fields else whole

    def problems(self, rows: Iterable[tuple[str, bytes]], fields: tuple[str, ...] = ()) -> bytes:
        if fields:
            return array([self.problem(key, document, fields) for key, document in rows])
        around = self._around_id
        return array([key.encode().join(around) + document[1:] for key, document in rows])

    def changed(self, problem: Problem, fields: tuple[str, ...] = ()) -> bytes:
        if not fields:
            return self.problem(problem.id, orjson.dumps(problem.document))
        whole = {"id": problem.id, "href": self.problem_href(problem.id), **problem.document}
        return orjson.dumps(select(whole, fields))

    def task_href(self, kind: TaskKind, task_id: str = "") -> str:
        """The address of a task, or of the list of its kind."""
        return f"{self.base_url}/{kind}/{task_id}".rstrip("/")

    def task(self, kind: TaskKind, task_id: str, document: bytes, fields: tuple[str, ...] = ()) -> bytes:
        """A task as JSON. `document` is the stored object."""
        whole = {"id": task_id, "href": self.task_href(kind, task_id), **orjson.loads(document)}
        return orjson.dumps(select(whole, fields))

    def json(self, content: Document | list[Document]) -> bytes:
        """What leaves at this face, with the addresses that it has there."""
        return orjson.dumps(content)

    def record(self, record: Record, fields: tuple[str, ...] = ()) -> Document:
        """An entry of the history as ServiceProblemEventRecord."""
        notification: Document = {
            "@type": "ServiceProblemChange",
            "sequence": record.sequence,
            "fromStatus": record.from_status,
            "toStatus": record.to_status,
            "changes": record.changes,
            "source": record.source,
            "sourceStatus": record.source_status,
            "party": record.party,
            "reason": record.reason,
            "irregular": record.irregular,
            "actor": record.actor,
        }
        document: Document = {
            "id": record.id,
            "href": f"{self.base_url}/serviceProblemEventRecord/{record.id}",
            "@type": "ServiceProblemEventRecord",
            "eventTime": micros_to_text(record.event_time),
            "recordTime": micros_to_text(record.record_time),
            "eventType": record.event_type,
            "notification": {name: value for name, value in notification.items() if value is not None},
            "serviceProblem": {
                "id": record.problem_id,
                "href": self.problem_href(record.problem_id),
                "@type": "ServiceProblemRef",
            },
        }
        return select(document, fields) if fields else document

    def subscription(self, subscription: Subscription, shown: Document) -> Document:
        """A registration with what its maker alone is `shown`, this once."""
        asked = {} if subscription.query is None else {"query": subscription.query}
        return {
            "@type": "Hub",
            "id": subscription.id,
            "href": self.subscription_href(subscription.id),
            "callback": subscription.callback,
            **asked,
            **shown,
        }

    def subscription_href(self, subscription_id: str) -> str:
        return f"{self.base_url}/hub/{subscription_id}"

    def address(self, text: str) -> str:
        """The kept address for one that this face shows."""
        return text

    def task_given(self, body: Document) -> Document:
        """A new task, as a client of this face sent it, with the addresses that are kept."""
        return body

    def given(self, body: Document) -> Document:
        """A new report, as a client of this face sent it, in v5. Raises InvalidInput."""
        return body

    def edit(self, request: Request, make: MakeEdit) -> Edit:
        """What a PATCH of what this face shows makes of the v5 report; a party that stands flat is put right."""
        merges = request.media_type in MERGING and isinstance(request.body, dict)
        return make(replace(request, body=v4.wrapped_patch(request.body)) if merges else request)

    def path(self, path: Path) -> Path:
        """Where v5 keeps what this face shows at a path."""
        return path

    def worded(self, field: str) -> str:
        """The name at this face of a place in a v5 report, such as `relatedParty[0].partyOrPartyRole.id`."""
        return field
