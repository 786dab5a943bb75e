"""What the benches of all fakes of trouble systems have in common."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from hub.ports import Record
from tests.real.middleman import Middleman


class Fake(Protocol):
    """What a bench needs of a fake: tickets are filed by a title, and known by an id from then on."""

    ignores: bool

    @property
    def url(self) -> str: ...

    def create(self, title: str, /) -> Any: ...

    def put_on_one_stamp(self) -> None: ...

    def restart(self) -> None: ...

    def shift_clock(self, seconds: float) -> None: ...


F = TypeVar("F", bound=Fake)


class FakeBench(Generic[F]):
    """The tickets of a fake by their titles; what the adapter must know in secret stands in files of `folder`."""

    title: tuple[str, ...]
    """Where the title stands in what the adapter reads."""
    cannot: ClassVar[Mapping[str, str]] = {"merge": "its tickets are not merged"}
    words: ClassVar[Sequence[str]] = ()
    """The statuses that the system has, by its public documents."""

    def __init__(self, fake: F, folder: Path) -> None:
        self.fake = fake
        self.url = fake.url
        self._folder = folder
        self._ids: dict[str, Any] = {}

    def secret(self, name: str, text: str) -> str:
        """The reference to a secret that is written down under this name."""
        (self._folder / name).write_text(text)
        return f"file:{self._folder / name}"

    @property
    def wrong_login(self) -> dict[str, Any]:
        return {"username": "nobody@example.test"}

    def ignore_filters(self, middleman: Middleman) -> None:
        self.fake.ignores = True

    def restart(self) -> None:
        self.fake.restart()

    def shift_clock(self, seconds: float) -> None:
        self.fake.shift_clock(seconds)

    def status_words(self) -> Sequence[str]:
        return self.words

    def login(self, user: tuple[str, str]) -> dict[str, Any]:
        return {"url": self.url, "username": user[0], "password": self.secret("password", user[1]), "max_wait": 20}

    def create(self, *names: str) -> None:
        for name in names:
            self._ids[name] = self.fake.create(name)

    def id_of(self, name: str) -> Any:
        return self._ids[name]

    def put_on_one_stamp(self) -> None:
        self.fake.put_on_one_stamp()

    def name_of(self, record: Record) -> str:
        found: Any = record.data
        for part in self.title:
            found = found[part]
        return str(found)
