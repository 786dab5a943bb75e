"""What is written of a report: the tables beside `problem` follow from what it was and what it is."""

from typing import NamedTuple

from hub.model.problem import Document


class Rewritten(NamedTuple):
    """A report by its row number; `before` is {} for one that is new, `after` {} for one that is gone."""

    seq: int
    before: Document
    after: Document
