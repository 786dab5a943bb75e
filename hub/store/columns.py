"""Which attributes of a report have a column of their own, or an index beside the table."""

from hub.query.sql_columns import Column, Kind

COLUMNS: dict[tuple[str, ...], Column] = {
    ("id",): Column(name="id", required=True),
    ("status",): Column(name="status", required=True),
    ("priority",): Column(name="priority", kind=Kind.NUMBER, required=True),
    ("category",): Column(name="category", required=True),
    ("creationDate",): Column(name="creation_date", kind=Kind.INSTANT, required=True),
    ("lastUpdate",): Column(name="last_update", kind=Kind.INSTANT, required=True),
    ("statusChangeDate",): Column(name="status_change_date", kind=Kind.INSTANT, required=True),
    ("resolutionDate",): Column(name="resolution_date", kind=Kind.INSTANT),
}
"""Attributes that have a column of their own; all others are looked up in the document."""


def entries_column(number: int) -> Column:
    """The values at an indexed path, as rows of `problem_path`."""
    return Column(name=f"problem_path WHERE path = {number} AND problem = problem.seq", kind=Kind.KEYS)
