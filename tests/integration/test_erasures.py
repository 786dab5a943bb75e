"""The erasure of one party's data: nothing of it is left but a pseudonym, whatever interrupts it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import orjson
import pytest

from hub.errors import Conflict, InvalidInput
from hub.model.caller import Caller
from hub.model.erasure import Erasure
from hub.model.ids import Uuid7
from hub.model.job import JobStatus
from hub.model.listed import Entry
from hub.model.task import TaskKind
from hub.model.write_back import WriteBack, WriteBackKind
from hub.problems.ownership import Ownership
from hub.query.ownership import PARTY_PATHS
from hub.subscriptions.erasing import Erasing
from hub.subscriptions.forgetting import Forgotten
from hub.upkeep.erasure import ErasureTask
from tests.fakes.listener import Listener, answer
from tests.integration.upkeep import NOC, House
from tests.rooms import references, until

PARTY, NAME, CALLER = "org-4711", "Anna Beispiel", "anna-portal"
ANNA = Caller(name=CALLER, scopes=frozenset({"*"}), party=PARTY)
OUT = Forgotten(party=PARTY, names=frozenset({CALLER}), pseudonym="erased-1")


class Office(House):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.erasing = Erasing(clock=self.exchange.clock, new_id=Uuid7(self.exchange.clock), lists=())
        self.erasure = ErasureTask(store=self.store, clock=self.exchange.clock, batch=2)

    def erase(self) -> Erasure:
        return self.store.write(partial(self.erasing.erase, party=PARTY, caller=NOC))

    def receipt(self) -> Erasure:
        (found,) = self.store.read.erasures.page(offset=0, limit=9)
        return found

    def dump(self) -> str:
        """All that is kept, blobs as text."""
        rows = []
        connection = self.store.read.connection
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                rows.append(" ".join(one.decode("latin-1") if isinstance(one, bytes) else str(one) for one in row))
        return "\n".join(rows)


@pytest.fixture
def office(tmp_path: Path, listener: Listener) -> Iterator[Office]:
    office = Office(tmp_path)
    fill(office, listener)
    yield office
    office.exchange.close()


def of_party(**more: object) -> dict[str, object]:
    party = {"@type": "PartyRef", "id": PARTY, "name": NAME}
    return {
        "originatorParty": {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "customer",
            "partyOrPartyRole": party,
        },
        **more,
    }


WRITE_BACK = WriteBack(
    id="w1",
    source="desk",
    key="7",
    problem_id="p1",
    kind=WriteBackKind.ACKNOWLEDGEMENT,
    content={"text": "Acknowledged", "author": CALLER},
    created=0,
    due_at=0,
)


def fill(office: Office, listener: Listener) -> None:
    """Reports, a task, registrations with deliveries, and what another listener answered."""
    listener.on("/echo", answer(200, body=f"thank you for {PARTY}".encode()))
    own = office.exchange.register(listener.url(f"/{CALLER}"), caller=ANNA)
    office.exchange.unregister(office.exchange.register(listener.url("/ended"), caller=ANNA), caller=ANNA)
    other = office.exchange.register(listener.url("/echo"))
    worker = office.exchange.start()
    for number in range(3):
        created = office.desk.create(**of_party(name=f"p{number}"))
        office.store.write(
            partial(
                office.desk.tasks.perform,
                given={"problem": references(created)},
                kind=TaskKind.ACKNOWLEDGEMENT,
                caller=ANNA,
                owner=Ownership(PARTY, PARTY_PATHS),
            )
        )
    office.desk.create(name="of another")
    office.store.write(lambda tables: tables.write_backs.append(WRITE_BACK))
    until(lambda: not office.exchange.log(state="due") and not office.exchange.log(state="inFlight"))
    until(lambda: office.states(own).get("delivered", 0) >= 6 and office.states(other).get("delivered", 0) >= 7)
    office.exchange.stop(worker)


def test_nothing_of_the_party_is_left_and_the_receipt_tells_what_was_there(office: Office) -> None:
    assert all(word in office.dump() for word in (PARTY, NAME, CALLER))
    begun = office.erase()
    assert office.erase().id == begun.id
    while office.erasure.step():
        pass
    kept = office.dump()
    assert [word for word in (PARTY, NAME, CALLER) if word in kept] == []
    receipt = office.receipt()
    assert (receipt.status, receipt.party, receipt.names, receipt.actor) == (JobStatus.SUCCEEDED, None, (), "noc")
    found = {stage: count for stage, count in receipt.counts.items() if count}
    assert (found["registrations"], found["callbacks"]) == (1, 2)
    assert found["reports"] == found["tasks"] == 3
    assert found["writeBacks"] == 1
    assert found["responses"] >= 7
    assert found["deliveries"] >= 6
    assert found["events"] >= 6


def test_a_notice_tells_no_more_where_the_party_was_told(office: Office, listener: Listener) -> None:
    """Also a notice to somebody else, of a listener or of a delivery of the party."""
    secret = "address-of-anna"
    listener.on(f"/{secret}", answer(410))
    gone = office.exchange.register(listener.url(f"/{secret}"), caller=ANNA)
    other = office.exchange.register(listener.url("/noc"), query="eventType=ListenerStateChangeEvent")
    worker = office.exchange.start()
    office.desk.create(**of_party(name="one more"))
    until(lambda: office.states(other).get("delivered", 0) >= 1)
    office.exchange.stop(worker)
    assert office.dump().count(secret) > 2
    assert office.kept(gone)["state"] == "disabled"
    office.erase()
    while office.erasure.step():
        pass
    assert secret not in office.dump()
    assert "ListenerStateChangeEvent" in office.dump()


def test_a_notice_that_still_waits_is_told_after_the_erasure_without_the_party(
    office: Office, listener: Listener
) -> None:
    secret = "address-of-anna"
    listener.on(f"/{secret}", answer(410))
    gone = office.exchange.register(listener.url(f"/{secret}"), caller=ANNA)
    query = "eventType=ListenerStateChangeEvent,DeliveryStateChangeEvent"
    other = office.exchange.register(listener.url("/noc"), query=query)
    office.change(other, state="paused")
    worker = office.exchange.start()
    office.desk.create(**of_party(name="one more"))
    until(lambda: office.states(other).get("parked", 0) == 1)
    office.exchange.stop(worker)
    office.erase()
    while office.erasure.step():
        pass
    office.change(other, state="active")
    office.keep()
    office.exchange.start()
    [received] = listener.wait_for(1, "/noc")
    notice = orjson.loads(received.body)
    assert notice["eventType"] == "ListenerStateChangeEvent"
    told = notice["event"]["listener"]
    assert (told["id"], told["state"]) == (gone.subscription.id, "disabled")
    for word in (secret, PARTY, NAME, CALLER):
        assert word.encode() not in received.body
    assert len(listener.received(f"/{secret}")) == 1


def test_what_others_need_stays(office: Office) -> None:
    before = office.store.read.problems.count(None)
    events, histories = office.store.read.events.last(), len(office.desk.queued())
    office.erase()
    while office.erasure.step():
        pass
    assert office.store.read.problems.count(None) == before
    assert (office.store.read.events.last(), len(office.desk.queued())) == (events, histories)
    pseudonym = office.receipt().pseudonym
    named = [row for row in office.dump().splitlines() if pseudonym in row]
    assert len(named) > 6
    (other,) = office.store.read.subscriptions.all()
    assert office.states(other)["delivered"] >= 7
    first = office.desk.queued()[0]
    party = office.desk.envelopes()[0]["event"]["serviceProblem"]["originatorParty"]
    assert party == {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "customer",
        "partyOrPartyRole": {"@type": "PartyRef", "id": pseudonym},
    }
    assert first.event.problem_id


DYING = """
import os, signal, sys
from pathlib import Path
from hub.store.erasures import Erasures
from tests.integration.test_erasures import Office

left = int(sys.argv[2])
real = Erasures.advance

def dying(self, *args, **options):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *args, **options)

Erasures.advance = dying
office = Office(Path(sys.argv[1]))
while office.erasure.step():
    pass
"""


def test_an_erasure_that_is_killed_goes_on(tmp_path: Path, listener: Listener) -> None:
    office = Office(tmp_path)
    fill(office, listener)
    office.erase()
    office.exchange.close()
    for batches in (0, 3, 5, 7):
        dying = [sys.executable, "-c", DYING, str(tmp_path), str(batches)]
        ended = subprocess.run(dying, check=False, timeout=60, capture_output=True, text=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    office = Office(tmp_path)
    while office.erasure.step():
        pass
    kept = office.dump()
    assert [word for word in (PARTY, NAME, CALLER) if word in kept] == []
    assert office.receipt().counts["reports"] == 3
    office.exchange.close()


def test_who_stands_in_a_list_has_to_leave_it_first(office: Office) -> None:
    entry = Entry(key="a", row=1, callback="https://a.example.com/", party=PARTY)
    office.store.write(lambda tables: tables.lists.put("noc", entry, now=1))
    erasing = Erasing(clock=office.exchange.clock, new_id=Uuid7(office.exchange.clock), lists={"noc"})
    with pytest.raises(Conflict, match="noc"):
        office.store.write(partial(erasing.erase, party=PARTY, caller=NOC))
    with pytest.raises(InvalidInput):
        office.store.write(partial(erasing.erase, party="", caller=NOC))


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"id": PARTY, "@type": "PartyRef", "name": NAME}, {"id": "erased-1", "@type": "PartyRef"}),
        ({"id": "r", "partyId": PARTY, "partyName": NAME}, {"id": "erased-1", "partyId": "erased-1"}),
        ({"role": "customer", "id": PARTY, "name": NAME}, {"role": "customer", "id": "erased-1"}),
        ({"user": CALLER, "text": CALLER}, {"user": "erased-1", "text": CALLER}),
        ([{"from": PARTY, "to": None}], [{"from": "erased-1", "to": None}]),
    ],
)
def test_a_pseudonym_takes_the_place_of_the_party(given: object, left: object) -> None:
    assert OUT.out_of(given) == left


def test_what_does_not_name_it_is_the_very_same() -> None:
    document = {"id": "p", "list": [{"a": [1, "x"]}], "user": "other"}
    assert OUT.out_of(document) is document
