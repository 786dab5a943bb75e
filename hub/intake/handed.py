"""A page in the hands of the writer, which commits it while the source is asked for the next one."""

from collections.abc import Callable
from threading import Event

from hub.intake.page import Taken
from hub.ports import Page
from hub.store.sqlite import Store
from hub.store.tables import Tables


class Handed:
    """`work` takes the page in one transaction, and calls what it is given when it has gathered all that it writes.

    The page's cursor is nobody else's.
    """

    def __init__(self, store: Store, page: Page, work: Callable[[Tables, Callable[[], None]], Taken]) -> None:
        self.page = page
        self.keys = frozenset(record.key for record in page.records)
        self._work = work
        self._gathered = gathered = Event()
        self._future = store.hand_over(self._write)
        # Not of `self`: in a circle, the page would stay until the collector comes.
        self._future.add_done_callback(lambda _: gathered.set())

    def _write(self, tables: Tables) -> Taken:
        try:
            return self._work(tables, self._gathered.set)
        finally:
            self._gathered.set()

    def wait_until_gathered(self) -> None:
        """Wait until little is left but what the database does, which needs no interpreter.

        Two threads that both want the interpreter only hold each other up.
        """
        self._gathered.wait()

    def taken(self) -> Taken:
        """Wait for the commit. Raises StoreUnavailable."""
        return self._future.result()
