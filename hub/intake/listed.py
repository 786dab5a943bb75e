"""Which tickets a poll saw of a source that lists all it has."""

from hub.intake.keys import shown
from hub.ports import Page


class Listed:
    """A page that is only a part says of no ticket that it is gone: from then on no key is kept.

    `keys` are those of the tickets that are there, while every page was one of a list of all.
    """

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self._pages = 0
        self._in_parts = False

    @property
    def is_whole(self) -> bool:
        return self._pages > 0 and not self._in_parts

    def note(self, page: Page) -> None:
        self._pages += 1
        self._in_parts = self._in_parts or not page.snapshot
        if self._in_parts:
            self.keys.clear()
        else:
            self.keys.update(shown(record.key) for record in page.records if not record.gone)
