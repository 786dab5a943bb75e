"""What an import may do with a report: bring it as it was elsewhere, or merge into it what a row says."""

from hub.errors import Conflict, InvalidInput, Violation
from hub.model.problem import Document, Status
from hub.model.times import Clock, to_micros
from hub.problems.form import Form, stated_in
from hub.problems.history import Change
from hub.problems.keeper import Keeper
from hub.problems.lifecycle import INITIAL, is_legal
from hub.problems.loading import Loaded, Loading, Row, dates_in, identity_in
from hub.problems.merge import merge
from hub.store.problems import Stored
from hub.store.tables import Tables


class ImportRules:
    def __init__(self, *, clock: Clock, form: Form, keeper: Keeper) -> None:
        self._clock = clock
        self._form = form
        self._keeper = keeper

    def row(self, given: Document) -> Row:
        """What a row of an import says, checked as far as that can be done before the transaction.

        Raises InvalidInput for an id or a date that is none.
        """
        problem_id, dates = identity_in(given), dates_in(given, to_micros(self._clock()))
        stated = stated_in(given)
        if stated.get("status") is None:
            stated.pop("status", None)
        document = self._form.complete({"status": INITIAL, **stated})
        return Row(
            id=problem_id,
            stated=stated,
            document=document,
            violations=tuple(self._form.check(document)),
            dates=dates,
        )

    def load(self, tables: Tables, row: Row, loading: Loading) -> Loaded:
        """Keep a row of an import; its status is what it was elsewhere, so that any is taken.

        Raises Conflict when the report is here already and may not be changed, and InvalidInput when it does not fit
        the contract.
        """
        stored = _loaded_before(tables, row, loading)
        now = to_micros(self._clock())
        created = row.dates.get("creationDate")
        change = Change(
            event_time=row.dates.get("statusChangeDate", now if created is None else created),
            record_time=now,
            told=loading.told,
            source=loading.source,
            actor=loading.actor,
        )
        if stored is None:
            if row.violations:
                raise InvalidInput(violations=row.violations)
            resolved = row.dates.get("resolutionDate")
            self._keeper.insert(
                tables, row.document, change, started=created, problem_id=row.id, resolved=resolved
            )
            return Loaded.CREATED
        return self._reload(tables, stored, row, change)

    def _reload(self, tables: Tables, stored: Stored, row: Row, change: Change) -> Loaded:
        """Merge a row into the report that it is about."""
        before = stored.problem
        merged = self._form.complete(merge(before.document, row.stated))
        self._form.refuse_invalid(merged)
        irregular = not is_legal(before.status, Status(merged["status"]))
        after = self._keeper.update(tables, stored, merged, change._replace(irregular=irregular))
        return Loaded.UNCHANGED if after is before else Loaded.UPDATED


def _loaded_before(tables: Tables, row: Row, loading: Loading) -> Stored | None:
    """The report that a row is about: the one with its id, else, if it may be changed, with its identifier."""
    stored = tables.problems.get(row.id) if row.id else None
    if not loading.update:
        if stored is not None:
            message = f"there is a service problem {row.id} already; the mode upsert would change it"
            raise Conflict(violations=[Violation(field="id", value=row.id, message=message)])
        return None
    return stored or _identified(tables, row)


def _identified(tables: Tables, row: Row) -> Stored | None:
    """The report with an external identifier of a row. Raises Conflict when there are several."""
    found = {
        problem_id
        for identifier, owner, kind in row.identifiers
        for problem_id in tables.problems.identifiers.reports(identifier, owner=owner, kind=kind)
    }
    if len(found) > 1:
        message = f"names {len(found)} service problems: {', '.join(sorted(found))}"
        raise Conflict(violations=[Violation(field="externalIdentifier", message=message)])
    return tables.problems.get(found.pop()) if found else None
