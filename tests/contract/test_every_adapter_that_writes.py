"""What every installed adapter promises that writes into tickets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from hub.intake.adapters import make_source
from hub.intake.mapping import Rendered, render
from hub.model.problem import Status
from hub.model.write_back import WriteBackState
from hub.ports import AuthFailed, Refused, SourceError, Unavailable, Writes, Writing
from hub.settings import SourceSettings
from tests.contract.benches import WRITERS, all_tried, bench_of, mapping_of, middleman_of
from tests.real.bench import Bench, WritableBench
from tests.real.benches import records
from tests.real.middleman import Canned, Middleman
from tests.real.polled import polled


@pytest.fixture(params=all_tried(WRITERS))
def writable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WritableBench]:
    with bench_of(request.param, request, tmp_path) as bench:
        yield cast(WritableBench, bench)


@pytest.fixture
def between(writable: WritableBench) -> Iterator[Middleman]:
    with middleman_of(writable).serving() as serving:
        yield serving


def writer_of(bench: WritableBench, **options: Any) -> Writes:
    source = make_source(
        "desk", SourceSettings(name="desk", adapter=bench.system, options=bench.writing | options)
    )
    assert isinstance(source, Writes)
    return source


def filed(bench: WritableBench, name: str = "iptv") -> str:
    """The key of a new ticket."""
    bench.create(name)
    return next(record.key for record in records(bench.source().pull({})) if bench.name_of(record) == name)


def rendered_of(bench: WritableBench, key: str) -> Rendered:
    *_, record = [record for record in records(bench.source().pull({})) if record.key == key]
    return render(mapping_of(bench), record.data)


def status_of(bench: WritableBench, key: str) -> Status | None:
    return rendered_of(bench, key).status


def text(key: str) -> Writing:
    return Writing(id=MADE, key=key, text="We look into it.\n\nThe card is being replaced", author="Ines")


def status(bench: WritableBench, key: str, wanted: Status = Status.IN_PROGRESS) -> Writing:
    return Writing(id=MADE, key=key, status=mapping_of(bench).words[wanted])


MADE = "019586a0-1c3f-7a41-9c55-2f8e6b3d4a10"


def test_an_adapter_that_writes_says_so_in_the_type_of_what_it_makes(bench: Bench) -> None:
    assert isinstance(bench.source(), Writes) is (bench.system in WRITERS)


def test_a_text_is_written_once_whole_with_its_author_and_its_mark(writable: WritableBench) -> None:
    key = filed(writable)
    for _ in range(2):
        writer_of(writable).write(text(key))
    (written,) = writable.texts_in(key)
    assert written.splitlines() == text(key).marked_text.splitlines()
    writer_of(writable).write(Writing(id=MADE.replace("10", "11"), key=key, text="And another", author=None))
    assert len(writable.texts_in(key)) == 2


def test_a_status_is_written_once_and_comes_back_as_the_one_that_was_meant(
    writable: WritableBench, between: Middleman
) -> None:
    key = filed(writable)
    for _ in range(2):
        writer_of(writable, url=between.url).write(status(writable, key))
    assert len(between.changes) == 1
    assert status_of(writable, key) is Status.IN_PROGRESS


def test_a_write_that_came_through_unheard_is_found_and_not_made_again(
    writable: WritableBench, between: Middleman
) -> None:
    key, writer = filed(writable), writer_of(writable, url=between.url, max_wait=0)
    for change in (text(key), status(writable, key)):
        between.unheard.append(Canned(status=502))
        with pytest.raises(Unavailable):
            writer.write(change)
        writer.write(change)
    assert len(writable.texts_in(key)) == 1
    assert status_of(writable, key) is Status.IN_PROGRESS


def test_what_the_system_does_not_have_is_refused_with_its_reason(writable: WritableBench) -> None:
    writable.create("iptv")
    for change in (text("4711"), status(writable, "4711")):
        with pytest.raises(Refused, match="4711"):
            writer_of(writable).write(change)


def test_refused_credentials_stop_a_write_at_the_first_request(
    writable: WritableBench, between: Middleman
) -> None:
    key = filed(writable)
    between.instead += [Canned(status=401)] * 3
    for change in (text(key), status(writable, key)):
        with pytest.raises(AuthFailed):
            writer_of(writable, url=between.url).write(change)
    assert len(between.paths) == 2
    assert writable.texts_in(key) == []


def test_an_answer_of_something_else_is_no_word_that_a_change_was_written(
    writable: WritableBench, between: Middleman
) -> None:
    key = filed(writable)
    for body in (b"<html>welcome</html>", b'"hello"', b"{}"):
        between.instead += [Canned(status=200, body=body)]
        with pytest.raises(SourceError):
            writer_of(writable, url=between.url, max_wait=0).write(text(key))
    assert writable.texts_in(key) == []


def test_what_is_changed_here_goes_to_the_ticket_and_its_status_and_texts_are_heard_of_by_nobody_again(
    writable: WritableBench, tmp_path: Path
) -> None:
    key = filed(writable)
    kinds = ("acknowledgement", "note", "status")
    with polled(tmp_path, writable.system, writable.writing, kinds) as hub:
        hub.poll()
        noted = [{"@type": "Note", "id": "n1", "text": "We look into it", "author": "Ines"}]
        for changes in ({"note": noted}, {"status": "inProgress", "statusChangeReason": "Ines has it"}):
            assert len(hub.patch(key, **changes)) == 1
            report = hub.report(key)
            assert [hub.poll() for _ in range(3)] == [[], [], []]
            assert hub.report(key) == report
        assert hub.written_back(key) == [(WriteBackState.WRITTEN, None)] * 2
        assert len(writable.texts_in(key)) == 1
        assert status_of(writable, key) is Status.IN_PROGRESS


def test_the_reason_of_a_status_that_was_written_is_what_the_ticket_says(
    writable: WritableBench, tmp_path: Path
) -> None:
    key = filed(writable)
    with polled(tmp_path, writable.system, writable.writing, ("status",)) as hub:
        hub.poll()
        hub.patch(key, status="inProgress")
        heard = [event for _ in range(3) for event in hub.poll()]
        said = rendered_of(writable, key).document.get("statusChangeReason")
        assert hub.report(key).get("statusChangeReason") == said
        assert heard in ([], [("AttributeValueChange", "inProgress")])
