"""The review of a week: what was raised, what came of it, which keys recur, and how precise that was so far."""

from datetime import UTC, datetime, timedelta

from hub.constraints.documents import OPEN
from hub.constraints.recurring import recurring
from hub.constraints.reviewing import ENDED, by_type, precision, refuted
from hub.errors import InvalidInput, Violation
from hub.model.constraint import values_of
from hub.model.problem import Document
from hub.model.times import from_text, to_micros, to_text
from hub.problems.links import CHILDREN, ids_in
from hub.store.tables import Tables

MOST = 10_000


def week_of(name: str) -> tuple[str, str]:
    """[begin, end) of an ISO week such as 2026-W13, from Monday to Monday in UTC. Raises InvalidInput."""
    try:
        begin = datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=UTC)
        if name_of_week(begin) != name:
            raise ValueError(name)  # a year of 52 weeks has no 53rd
    except ValueError as error:
        message = "must be a week such as 2026-W13"
        raise InvalidInput(violations=[Violation(field="week", value=name, message=message)]) from error
    return to_text(begin), to_text(begin + timedelta(days=7))


def name_of_week(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%G-W%V")


def weekly_review(tables: Tables, week: str, *, now: datetime) -> Document:
    """The precision so far is that of all constraints until the end of the week, as are those that recur.

    A constraint that was refuted or cancelled recurs nowhere. Raises InvalidInput.
    """
    begin, end = week_of(week)
    until = min(to_micros(from_text(end)), to_micros(now))
    so_far = tables.constraints.page({"until": end}, offset=0, limit=MOST)
    raised = [(one_id, one) for one_id, one in so_far if one["creationDate"] >= begin]
    reports = tables.constraints.opened(since=begin, until=end)
    explained = {member for _, one in raised if not refuted(one) for member in ids_in(one, CHILDREN)}
    return {
        "@type": "ConstraintReview",
        "week": week,
        "begin": begin,
        "end": end,
        "raised": {kind: len(found) for kind, found in by_type(one for _, one in raised).items()},
        "confirmed": sum(bool(values_of(one).get("confirmed")) for _, one in raised),
        "open": [one_id for one_id, one in so_far if one["status"] in OPEN],
        "reports": reports,
        "explained": len(explained),
        "explainedShare": len(explained) / reports if reports else None,
        "recurring": recurring(
            [one for _, one in so_far if not refuted(one) and one["status"] not in ENDED],
            tables.constraints.members,
            until=until,
        ),
        "precision": precision(one for _, one in raised),
        "precisionSoFar": {kind: precision(found) for kind, found in by_type(one for _, one in so_far).items()},
    }
