"""Threads that work beside one another until it is over."""

from collections.abc import Callable
from threading import Event, Lock, Thread


class Crew:
    """What one of them raises ends the work of all, and is raised again by `join`."""

    def __init__(self, over: Event) -> None:
        self._over = over
        self._threads: list[Thread] = []
        self._errors: list[Exception] = []
        self._lock = Lock()

    def start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = Thread(target=self._guarded, args=(work, *arguments), daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        """Waits for each to end what it is at."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except Exception as error:
            with self._lock:
                self._errors.append(error)
            self._over.set()
