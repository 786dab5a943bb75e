"""What the settings of a source name is found, made and checked: its adapter, its options and its mapping."""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.errors import InvalidSettings
from hub.intake.adapters import installed_adapters
from hub.intake.configured import check_source
from hub.intake.poller import Poller, make_poller
from hub.ports import SourceError
from hub.settings import IntakeSettings, SourceSettings
from tests.fakes.intake_bench import MAPPING, SOURCE, Bench
from tests.fakes.trouble_system import Feed, ManualClock

ADAPTER = '''
"""An adapter of a third party, as a package brings it."""

from marshmallow import Schema, fields


class Options(Schema):
    url = fields.Url(required=True)
    pages = fields.Integer(load_default=1)


class Desk:
    def __init__(self, name, options):
        self.name, self.options = name, options

    def check(self):
        from hub.ports import Check, Unavailable

        if self.options["pages"] == 0:
            raise Unavailable("nobody answers")
        return Check(identity=self.name)

    def pull(self, cursor):
        from datetime import datetime, timezone

        from hub.ports import Page, Record

        data = {"title": "From " + self.options["url"]}
        record = Record(key="1", updated=datetime(2026, 11, 22, tzinfo=timezone.utc), data=data)
        yield Page(records=(record,), cursor={"n": 1})


class Writer(Desk):
    def write(self, change):
        raise NotImplementedError


def make(name, options):
    return Desk(name, Options().load(options))


def writer(name, options):
    return Writer(name, Options().load(options))


def stubborn(name, options):
    raise ValueError("this adapter wants nothing of it")
'''
MODULE = f"third_party_desk_{os.getpid()}"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = ManualClock()
    made = Bench(tmp_path, clock, Feed(clock))
    yield made
    made.store.close()


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that offers adapters is installed beside the hub."""
    site = tmp_path / "site"
    info = site / "third_party_desk-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{MODULE}.py").write_text(ADAPTER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party-desk\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[qos_hub.adapters]\ndesk = {MODULE}:make\nwriter = {MODULE}:writer\nstubborn = {MODULE}:stubborn\n"
        f"lost = {MODULE}_lost:make\nempty = {MODULE}:nothing\n"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    return site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mappings"
    made.mkdir()
    (made / "desk.yaml").write_text(yaml.safe_dump(MAPPING))
    return made


def settings(adapter: str = "desk", **values: Any) -> SourceSettings:
    given = {"options": {"url": "http://127.0.0.1:9"}, **values}
    return SourceSettings(name=SOURCE, adapter=adapter, **given)


INTAKE = IntakeSettings(interval=7.0, absent_polls=2, failure_wait_maximum=900.0, mappings="")


def made(bench: Bench, source: SourceSettings, *folders: Path) -> Poller:
    return make_poller(
        SOURCE,
        source,
        store=bench.store,
        rules=bench.sources,
        clock=bench.clock,
        intake_settings=INTAKE,
        mapping_folders=folders,
    )


def refusal(source: SourceSettings, *folders: Path) -> str:
    with pytest.raises(InvalidSettings) as caught:
        check_source(SOURCE, source, mapping_folders=folders)
    return str(caught.value)


@pytest.mark.usefixtures("third_party")
def test_an_installed_adapter_is_found_by_its_name_and_polled(bench: Bench, folder: Path) -> None:
    poller = made(bench, settings(backfill_notify=True), folder)
    assert poller.poll().wait == 7.0
    assert bench.told() == [("Create", "From http://127.0.0.1:9")]
    assert made(bench, settings(interval=3.0), folder).poll().wait == 3.0


@pytest.mark.usefixtures("third_party")
def test_an_unknown_adapter_is_refused_with_the_installed_ones(folder: Path) -> None:
    told = refusal(settings("deks"), folder)
    assert told.startswith("[sources.desk] adapter: there is no adapter 'deks'; installed are: ")
    assert {"desk", "stubborn"} <= set(told.partition("installed are: ")[2].split(", "))


@pytest.mark.usefixtures("third_party")
@pytest.mark.parametrize("adapter", ["lost", "empty"])
def test_an_adapter_that_cannot_be_loaded_is_named(folder: Path, adapter: str) -> None:
    told = refusal(settings(adapter), folder)
    assert told.startswith(f"[sources.desk] adapter: the adapter '{adapter}' ({MODULE}")
    assert "cannot be loaded" in told


@pytest.mark.usefixtures("third_party")
def test_options_that_an_adapter_refuses_are_all_named_and_not_shown(folder: Path) -> None:
    told = refusal(settings(options={"url": "hunter2", "pages": "x", "pasword": "hunter3"}), folder)
    for option in ("url", "pages", "pasword"):
        assert f"[sources.desk] options.{option}: " in told
    assert "hunter" not in told
    assert refusal(settings("stubborn"), folder) == "[sources.desk] options: this adapter wants nothing of it"


@pytest.mark.usefixtures("third_party")
def test_a_backfill_that_begins_ahead_of_us_is_refused(folder: Path) -> None:
    clock = ManualClock()
    today, ahead = clock().isoformat(), (clock() + timedelta(seconds=1)).isoformat()
    check_source(SOURCE, settings(backfill=today), mapping_folders=[folder], clock=clock)
    with pytest.raises(InvalidSettings) as caught:
        check_source(SOURCE, settings(backfill=ahead), mapping_folders=[folder], clock=clock)
    assert str(caught.value) == (
        f"[sources.desk] backfill: {ahead} lies ahead of our clock, which says {today}: no ticket has changed since"
    )
    assert [one.value for one in caught.value.violations] == [ahead]


@pytest.mark.usefixtures("third_party")
def test_a_mapping_that_is_nowhere_is_refused_with_those_that_are(folder: Path) -> None:
    told = refusal(settings(mapping="dekc"), folder)
    assert told == f"[sources.desk] mapping: there is no mapping 'dekc' in {folder}; there are: desk"


@pytest.mark.usefixtures("third_party")
def test_an_own_mapping_is_laid_over_the_one_of_the_same_name(tmp_path: Path, folder: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "desk.yaml").write_text("fields: {reason: {value: Ours}}")
    assert check_source(SOURCE, settings(), mapping_folders=[folder]).mapping.defaults["reason"] == "Unknown"
    checked = check_source(SOURCE, settings(), mapping_folders=[folder, own])
    assert checked.mapping.defaults["reason"] == "Ours"
    assert checked.mapping_files == (folder / "desk.yaml", own / "desk.yaml")
    assert checked.answer is None
    (own / "alone.yaml").write_text(yaml.safe_dump(MAPPING))
    assert check_source(SOURCE, settings(mapping="alone"), mapping_folders=[folder, own]).mapping.system == "desk"


@pytest.mark.usefixtures("third_party")
def test_a_mapping_whose_examples_come_out_otherwise_is_refused(folder: Path) -> None:
    wrong = {**MAPPING, "examples": [{"record": {"state": "new"}, "expect": {"status": "held"}}]}
    (folder / "wrong.yaml").write_text(yaml.safe_dump(wrong))
    told = refusal(settings(mapping="wrong"), folder)
    assert told.startswith(f"[sources.desk] mapping: example 1 of {folder / 'wrong.yaml'} gives ")


@pytest.mark.usefixtures("third_party")
def test_what_an_adapter_cannot_write_back_is_refused_before_anything_waits_for_it(folder: Path) -> None:
    told = refusal(settings(write_back=("note",)), folder)
    assert told == (
        "[sources.desk] write_back: the adapter 'desk' cannot write into its system; those that can say so in their"
        " README"
    )


@pytest.mark.usefixtures("third_party")
def test_a_status_can_be_written_back_where_the_mapping_has_words_for_it(folder: Path) -> None:
    told = refusal(settings("writer", mapping="desk", write_back=("status",)), folder)
    assert (
        told == "[sources.desk] write_back: the mapping 'desk' has no words to write a status in (`write.status`)"
    )
    check_source(
        SOURCE,
        settings("writer", mapping="desk", write_back=("note", "acknowledgement")),
        mapping_folders=[folder],
    )
    (folder / "desk.yaml").write_text(yaml.safe_dump({**MAPPING, "write": {"status": {"resolved": "done"}}}))
    check_source(SOURCE, settings("writer", mapping="desk", write_back=("status",)), mapping_folders=[folder])


@pytest.mark.usefixtures("third_party")
def test_a_check_speaks_to_the_source_only_when_asked_to(folder: Path) -> None:
    answered = check_source(SOURCE, settings(), mapping_folders=[folder], ask=True)
    assert answered.answer is not None
    assert answered.answer.identity == SOURCE
    mute = settings(options={"url": "http://127.0.0.1:9", "pages": 0})
    assert check_source(SOURCE, mute, mapping_folders=[folder]).answer is None
    with pytest.raises(SourceError, match="nobody answers"):
        check_source(SOURCE, mute, mapping_folders=[folder], ask=True)


@pytest.mark.usefixtures("third_party")
def test_adapters_of_a_third_party_stand_beside_our_own() -> None:
    assert installed_adapters()["desk"].value == f"{MODULE}:make"
