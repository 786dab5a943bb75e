"""A way to end another thread's wait on an epoll."""

import os
from threading import Lock


class Waker:
    """`descriptor` becomes readable by `wake`, which any thread may call, also after `close`."""

    def __init__(self) -> None:
        self.descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = Lock()

    def wake(self) -> None:
        # A look-up may end after the close, when the number of the descriptor belongs to something else.
        with self._lock:
            if self.descriptor >= 0:
                os.eventfd_write(self.descriptor, 1)

    def note(self) -> None:
        """The wake was seen."""
        os.eventfd_read(self.descriptor)

    def close(self) -> None:
        with self._lock:
            if self.descriptor >= 0:
                os.close(self.descriptor)
            self.descriptor = -1
