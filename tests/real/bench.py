"""What a bench has: what the conformance suite asks of a live system, and of the adapter that reads it."""

from typing import Any, Protocol

from hub.ports import Record, Source


class Bench(Protocol):
    """What the suite needs of a system.

    A bench that needs somebody special between the adapter and the system has a method `middleman`, too, and that of
    a system that really runs has a method `version`, which gives the system's version.

    What the suite asks for beside these it has, too, or it says in `cannot`, {name: reason}, why its system cannot:
    `wrong_login`, the options of somebody whom the system does not know, so that nobody is locked out.
    `ignore_filters(middleman)`: from now on the system answers as if it had been asked for everything.
    `delete(name)`, after which each pull of `source` looks for what is gone, and `merge(name, into)`, which ends the
    first of two tickets in the same way.
    `restart()`: the program, or the server of a fake, ends and starts again, and what it holds stays.
    `shift_clock(seconds)`: its clock, by which it stamps and answers, is so far ahead from now on; 0 puts it right.
    `status_words()`: every status that it has, in the words of the mapping's table.
    `read_in_pages` is no member: a system whose answer has everything cannot.
    `asks_before_login` is how many questions the adapter has to ask, without its login, before it can log in.
    """

    system: str

    def source(self, **options: Any) -> Source:
        """The adapter under test, made as the hub makes it."""
        ...

    def create(self, *names: str) -> None: ...

    def change(self, name: str) -> None:
        """Give a new ticket another status."""
        ...

    def put_on_one_stamp(self) -> None:
        """Make all tickets look as if they had changed in the same instant."""
        ...

    def name_of(self, record: Record) -> str: ...


class ServedBench(Bench, Protocol):
    """A system that is asked over HTTP."""

    url: str


class WritableBench(ServedBench, Protocol):
    """A system into whose tickets the adapter writes."""

    @property
    def writing(self) -> dict[str, Any]:
        """The adapter's options for a user who may."""
        ...

    def texts_in(self, key: str) -> list[str]:
        """What was written to a ticket after it was filed, the oldest first."""
        ...
