"""Writes a journal entry or a state into a row of ServiceNow, unless it is there."""

from collections.abc import Mapping

from adapters.http import NotThere
from adapters.servicenow.table import Row, Table
from hub.ports import Refused, Unavailable, Writing

AWAITING_CALLER = "awaiting caller"
"""The mapping's word for a row that is on hold because its caller is asked."""

FIELDS_OF = {AWAITING_CALLER: {"state": "3", "hold_reason": "1"}}

RULES = ("Data Policy Exception", "aborted by Business Rule")
"""What a 403 says when a rule of the instance stands against a change; any other speaks of rights that may be given."""


class RowWriter:
    """The rows of one table. `with_state` is what goes along with a state: {word: {field: value}}."""

    def __init__(self, table: Table, *, note_field: str, with_state: Mapping[str, Mapping[str, str]]) -> None:
        self._table = table
        self._note_field = note_field
        self._with_state = with_state

    def write(self, change: Writing) -> None:
        """Raises Refused for a row that is not there, and for what a rule of the instance does not let pass."""
        if change.status is not None:
            self._set_state(change.key, change.status)
        else:
            self._add(change)

    def _set_state(self, key: str, word: str) -> None:
        if self._word(key) == word:
            return
        fields = FIELDS_OF.get(word, {"state": word})
        self._change(key, {**fields, **self._with_state.get(word, {})})
        # A field that our user may not write is left as it is, with 200.
        if (now := self._word(key)) != word:
            raise Unavailable(f"{self._table.name} {key}: the state is {now!r} after {word!r} was written")

    def _add(self, change: Writing) -> None:
        if self._has(change):
            return
        self._change(change.key, {self._note_field: change.marked_text})
        if not self._has(change):
            raise Unavailable(f"{self._table.name} {change.key}: our user may not write {self._note_field}")

    def _has(self, change: Writing) -> bool:
        """A journal is read as one text of all its entries, and only where values for people are asked for."""
        row = self._row(change.key, self._note_field, display_value=True)
        return change.mark in str(row[self._note_field])

    def _word(self, key: str) -> str:
        row = self._row(key, "state", "hold_reason")
        waits = (row["state"], row.get("hold_reason")) == ("3", "1")
        return AWAITING_CALLER if waits else str(row["state"])

    def _row(self, key: str, *fields: str, display_value: bool = False) -> Row:
        try:
            row = self._table.one(key, fields, display_value=display_value)
        except NotThere as error:
            raise Refused(f"{self._table.name} {key} is not there, or not for our user to read") from error
        if fields[0] not in row:
            raise Unavailable(f"{self._table.name} {key}: our user may not read {fields[0]}")
        return row

    def _change(self, key: str, fields: Mapping[str, str]) -> None:
        try:
            self._table.change(key, fields)
        except Unavailable as error:
            if any(rule in str(error) for rule in RULES):
                raise Refused(str(error)) from error
            raise
