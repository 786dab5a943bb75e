"""The operator's acts on what goes back into tickets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from hub.api.operations_view import write_back_view
from hub.model.problem import Document
from hub.model.times import Clock, to_micros
from hub.model.write_back import WriteBack
from hub.problems.write_back import known_write_back, send_again
from hub.store.sqlite import Store


@dataclass(frozen=True, kw_only=True)
class WriteBackDesk:
    """`base_url` is that of `/qos-hub/v1`, `face_url` that of the v5 face."""

    store: Store
    clock: Clock
    base_url: str
    face_url: str

    def all(self, filters: Mapping[str, str], *, limit: int) -> list[Document]:
        return [self._view(one) for one in self.store.read.write_backs.page(filters, offset=0, limit=limit)]

    def one(self, write_back_id: str) -> Document:
        """Raises NotFound."""
        return self._view(known_write_back(self.store.read, write_back_id))

    def send_again(self, write_back_id: str) -> Document:
        """Raises NotFound or Conflict."""
        now = to_micros(self.clock())
        return self._view(self.store.write(partial(send_again, write_back_id=write_back_id, now=now)))

    def _view(self, one: WriteBack) -> Document:
        return write_back_view(one, base_url=self.base_url, face_url=self.face_url)
