"""The operations that show notification lists: how the last readings went, and what they changed."""

import asyncio
from collections.abc import Mapping

from hub.api.filters import asked_of
from hub.api.messages import Request, Response, json_response
from hub.errors import NotFound, Violation
from hub.model.listed import ListChange, ListRun
from hub.model.problem import Document
from hub.model.times import micros_to_text
from hub.settings import ListSettings
from hub.store.sqlite import Store
from hub.store.tables import Tables

RUNS = 20
CHANGES = 1000
"""The most readings and changes that are shown of one list."""


class ListOperations:
    """`base_url` is that of `/qos-hub/v1`."""

    def __init__(
        self, *, store: Store, lists: Mapping[str, ListSettings], base_url: str, page_maximum: int
    ) -> None:
        self._store = store
        self._lists = lists
        self._base_url = base_url
        self._page_maximum = page_maximum

    async def lists(self, request: Request) -> Response:
        return await asyncio.to_thread(self._all, request)

    def _all(self, request: Request) -> Response:
        asked = asked_of(request, {}, what="lists", maximum=self._page_maximum)
        tables = self._store.read
        names = self._names(tables)
        page = names[asked.offset : asked.offset + asked.limit]
        headers = asked.headers(f"{self._base_url}/lists", returned=len(page), total=len(names))
        return json_response([self._view(tables, name) for name in page], headers=headers)

    def _names(self, tables: Tables) -> list[str]:
        """Those of the settings, and those that were read once."""
        return sorted({*self._lists, *tables.lists.names()})

    async def list(self, request: Request) -> Response:
        return await asyncio.to_thread(self._one, request.path_params["name"])

    def _one(self, name: str) -> Response:
        tables = self._store.read
        if name not in self._names(tables):
            raise NotFound(violations=[Violation(field="name", value=name, message=f"no list {name}")])
        view = self._view(tables, name) | {
            "run": [run_view(run) for run in tables.lists.runs(name, limit=RUNS)],
            "change": [change_view(change) for change in tables.lists.changes(name, limit=CHANGES)],
        }
        return json_response(view)

    def _view(self, tables: Tables, name: str) -> Document:
        return list_view(tables, name, self._lists.get(name), base_url=self._base_url)


def list_view(tables: Tables, name: str, settings: ListSettings | None, *, base_url: str) -> Document:
    """`settings` are those of the list, None where they have it no more."""
    counts = tables.lists.counts(name)
    runs = tables.lists.runs(name, limit=1)
    return {
        "@type": "NotificationList",
        "name": name,
        "href": f"{base_url}/lists/{name}",
        "origin": settings.place if settings else None,
        "enabled": settings.enabled if settings else False,
        "intervalSeconds": settings.interval if settings else None,
        "count": {
            "entries": counts.entries,
            "registered": counts.registered,
            "refused": counts.refused,
            "changedByHand": counts.by_hand,
        },
        "lastRun": run_view(runs[0]) if runs else None,
    }


def run_view(run: ListRun) -> Document:
    return {
        "origin": run.origin,
        "actor": run.actor,
        "startDate": micros_to_text(run.started),
        "completionDate": None if run.completed is None else micros_to_text(run.completed),
        "entries": run.entries,
        "added": run.added,
        "changed": run.changed,
        "removed": run.removed,
        "refused": run.refused,
        "error": run.error,
    }


def change_view(change: ListChange) -> Document:
    return {
        "time": micros_to_text(change.time),
        "kind": change.kind,
        "contact": change.contact,
        "party": change.party,
        "callback": change.callback,
        "query": change.query,
        "subscription": None if change.subscription is None else {"id": change.subscription},
        "detail": change.detail,
    }
