"""Mails with management reports: the task, its store and a real SMTP server, with a clock that the test turns."""

import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.bootstrap.reporting import make_press
from hub.delivery.mail.counts import MailCounts
from hub.delivery.mail.sending import Letters, MailTask
from hub.delivery.mail.smtp import MailServer as Settings
from hub.delivery.mail.smtp import Protection
from hub.delivery.schedule import Schedule
from hub.model.delivery import DeliveryState
from hub.model.mail import Mail, MailOutcome
from hub.reporting.audiences.definition import Format
from hub.reporting.links import Links
from hub.reporting.order import Order
from hub.settings import load_settings
from hub.store.job_files import JobFiles
from hub.store.leases import Holder
from tests.fakes.mail_server import MailServer
from tests.rooms import TurningClock, open_store

PRESS = make_press(load_settings(None, {}, {}))
ANN, BOB = "ann@customer.test", "bob@other.test"
CONTENT = {Format.HTML: b"<p>figures</p>", Format.PDF: b"%PDF-1.7 figures"}


class Office:
    """A report that is made, and mails about it."""

    def __init__(self, folder: Path) -> None:
        self.clock = TurningClock()
        self.store = open_store(folder)
        self.files = JobFiles(folder / "jobs")
        self.files.make_folder()
        order = Order(
            definition=PRESS.definitions["executive-monthly"],
            period="2026-02",
            recorded=self.clock.micros,
            formats=tuple(CONTENT),
        )
        self.store.write(
            lambda tables: tables.jobs.insert(
                order.job("report-1", created=self.clock.micros, actor="me", customer=None)
            )
        )
        for form, content in CONTENT.items():
            self.files.artefact("report-1", form).write_bytes(content)

    def write_to(self, *recipients: str) -> None:
        def write(tables: Any) -> None:
            for number, one in enumerate(recipients, start=1):
                tables.mails.insert(f"mail-{number}", report="report-1", recipient=one, now=self.clock.micros)

        self.store.write(write)

    def task(self, server: MailServer | int, **more: Any) -> MailTask:
        port = server if isinstance(server, int) else server.port
        plain = {"host": "127.0.0.1", "port": port, "protection": Protection.NONE, "ca_file": None}
        of_server = {"user": "", "password": "", "timeout": 5.0, "own_name": "hub.test"}
        attach = more.pop("attach_up_to", 0)
        return MailTask(
            store=self.store,
            letters=Letters(
                sender="reports@hub.test",
                attach_up_to=attach,
                files=self.files,
                links=Links(keys=lambda: [b"k" * 32], base_url="http://hub.test/v1", lifetime=3600),
                press=PRESS,
            ),
            server=Settings(**{**plain, **of_server, **more}),
            schedule=Schedule.from_settings((60.0, 600.0), 0.0),
            clock=self.clock,
            holder=Holder.this(),
            counts=MailCounts(),
        )

    def send(self, server: MailServer | int, **more: Any) -> None:
        """All that is due."""
        task = self.task(server, **more)
        while task.step():
            pass

    def mail(self, recipient: str = ANN) -> Mail:
        return next(one for one in self.store.read.mails.of_report("report-1") if one.recipient == recipient)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


class Authority:
    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = str(folder / "authority.pem")
        self._authority.cert_pem.write_to_path(self.file)

    def context(self, *names: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(*names).configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def text(message: EmailMessage) -> str:
    body = message.get_body()
    assert body is not None
    found: str = body.get_content()
    return found


# -- what is sent


def test_each_recipient_gets_a_message_of_its_own(office: Office, server: MailServer) -> None:
    office.write_to(ANN, BOB)
    office.send(server)
    assert [one.recipients for one in server.taken] == [(ANN,), (BOB,)]
    assert BOB.encode() not in server.of(ANN)[0].content
    assert ANN.encode() not in server.of(BOB)[0].content
    message = server.of(ANN)[0].message
    assert (message["To"], message["From"]) == (ANN, "reports@hub.test")
    assert (message["Cc"], message["Bcc"]) == (None, None)
    assert message["Subject"] == "Service at a glance: 2026-02"
    assert message["Message-ID"] == "<mail-1@hub.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert office.mail().state is DeliveryState.DELIVERED


def test_a_mail_has_a_link_to_each_form(office: Office, server: MailServer) -> None:
    office.write_to(ANN)
    office.send(server)
    said = text(server.taken[0].message)
    for form in CONTENT:
        link = office.task(server)._letters.links.link("report-1", form, now=office.clock.micros)
        assert link.url in said
    assert "until 2026-03-01 14:00 +01:00." in said, said


def test_or_the_forms_themselves(office: Office, server: MailServer) -> None:
    office.write_to(ANN)
    office.send(server, attach_up_to=1000)
    message = server.taken[0].message
    found = {one.get_filename(): (one.get_content_type(), one.get_content()) for one in message.iter_attachments()}
    assert found["executive-monthly-2026-02.pdf"] == ("application/pdf", CONTENT[Format.PDF])
    assert found["executive-monthly-2026-02.html"][0] == "text/html"
    assert "http" not in text(message)


def test_what_is_too_large_to_be_attached_is_linked(office: Office, server: MailServer) -> None:
    office.write_to(ANN)
    office.send(server, attach_up_to=20)
    assert not server.taken[0].message.is_multipart()
    assert "/shared/pdf?" in text(server.taken[0].message)


@pytest.mark.parametrize("attach_up_to", [0, 1000])
def test_a_repeated_send_is_the_same_to_the_byte(office: Office, server: MailServer, attach_up_to: int) -> None:
    """The sender is killed after the server took the mail and before that was kept."""
    office.write_to(ANN)
    killed = office.task(server, attach_up_to=attach_up_to)
    killed._settle = lambda *_: None  # type: ignore[method-assign]
    killed.step()
    office.clock.turn(hours=1)
    office.send(server, attach_up_to=attach_up_to)
    first, second = server.taken
    assert first.content == second.content
    assert office.mail().state is DeliveryState.DELIVERED


def test_a_title_of_several_lines_is_no_further_header(office: Office, server: MailServer) -> None:
    office.write_to(ANN)
    office.store.write(
        lambda tables: tables.connection.execute(
            "UPDATE job SET query = replace(query, 'Service at a glance', 'Tricky\\r\\nBcc: eve@evil.test')"
        )
    )
    office.send(server)
    message = server.taken[0].message
    assert message["Bcc"] is None
    assert message["Subject"] == "Tricky Bcc: eve@evil.test: 2026-02"


# -- what becomes of it


def test_what_the_server_may_take_later_is_tried_by_the_schedule(office: Office, server: MailServer) -> None:
    server.on_recipient(ANN, "450 4.2.1 come back later", "250 OK")
    office.write_to(ANN, BOB)
    office.send(server)
    mail = office.mail()
    assert (mail.state, mail.outcome, mail.status, mail.attempts) == (
        DeliveryState.DUE,
        MailOutcome.DEFERRED,
        450,
        1,
    )
    assert mail.reply == "4.2.1 come back later"
    assert mail.due_at == office.clock.micros + 60_000_000
    assert office.mail(BOB).state is DeliveryState.DELIVERED
    office.send(server)
    assert server.of(ANN) == []
    office.clock.turn(seconds=60)
    office.send(server)
    assert (office.mail().state, office.mail().attempts) == (DeliveryState.DELIVERED, 2)
    assert server.of(ANN)[0].message["Message-ID"] == "<mail-1@hub.test>"


def test_what_the_server_does_not_take_is_dead_with_its_reason(office: Office, server: MailServer) -> None:
    server.on_recipient(ANN, "550 5.1.1 no such user")
    server.on_data(BOB, "554 5.7.1 this looks like spam")
    office.write_to(ANN, BOB)
    office.send(server)
    for recipient, status, reply in ((ANN, 550, "5.1.1 no such user"), (BOB, 554, "5.7.1 this looks like spam")):
        mail = office.mail(recipient)
        assert (mail.state, mail.outcome) == (DeliveryState.DEAD, MailOutcome.REFUSED)
        assert (mail.status, mail.reply) == (status, reply)
    office.clock.turn(days=9)
    office.send(server)
    assert server.tries.count(ANN) == 1


def test_an_address_that_the_server_cannot_reach_is_dead(office: Office) -> None:
    """It is not ASCII, and the server has no SMTPUTF8."""
    office.write_to("jörg@customer.test", BOB)
    with MailServer(utf8=False) as server:
        office.send(server)
    mail = office.mail("jörg@customer.test")
    assert (mail.state, mail.outcome, mail.status) == (DeliveryState.DEAD, MailOutcome.REFUSED, None)
    assert "SMTPUTF8" in (mail.reply or "")
    assert office.mail(BOB).state is DeliveryState.DELIVERED


def test_an_address_that_is_not_ascii_is_written_as_it_is(office: Office, server: MailServer) -> None:
    office.write_to("jörg@customer.test")
    office.send(server)
    assert server.taken[0].recipients == ("jörg@customer.test",)
    assert "To: jörg@customer.test".encode() in server.taken[0].content


def test_when_the_schedule_is_exhausted_it_is_dead_and_may_be_revived(office: Office, server: MailServer) -> None:
    server.on_recipient(ANN, "451 4.3.0 busy")
    office.write_to(ANN)
    for _ in range(5):
        office.send(server)
        office.clock.turn(hours=1)
    assert (office.mail().state, office.mail().attempts) == (DeliveryState.DEAD, 3)
    server.on_recipient(ANN, "250 OK")
    revived = office.store.write(lambda tables: tables.mails.revive("report-1", now=office.clock.micros))
    office.send(server)
    assert (revived, office.mail().state, office.mail().attempts) == (1, DeliveryState.DELIVERED, 4)
    link = office.task(server)._letters.links.link("report-1", "html", now=office.clock.micros)
    assert link.url in text(server.taken[0].message), "its links count from now on"


def test_a_server_that_is_not_there_is_tried_again(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    office.write_to(ANN)
    office.send(port)
    assert (office.mail().state, office.mail().outcome) == (DeliveryState.DUE, MailOutcome.CONNECTION_FAILED)


def test_a_server_that_says_nothing_is_tried_again(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        office.write_to(ANN)
        office.send(silent.getsockname()[1], timeout=0.2)
    assert (office.mail().state, office.mail().outcome) == (DeliveryState.DUE, MailOutcome.TIMEOUT)


def test_a_name_that_there_is_not_is_tried_again(office: Office) -> None:
    office.write_to(ANN)
    office.send(25, host="..")
    assert (office.mail().state, office.mail().outcome) == (DeliveryState.DUE, MailOutcome.NAME_NOT_RESOLVED)


def test_what_cannot_be_read_is_tried_again(office: Office, server: MailServer) -> None:
    office.files.remove(["report-1"])
    office.write_to(ANN)
    office.send(server, attach_up_to=1000)
    assert (office.mail().state, office.mail().outcome) == (DeliveryState.DUE, MailOutcome.UNREADABLE)
    assert server.tries == []


def test_with_its_report_a_mail_goes(office: Office, server: MailServer) -> None:
    office.write_to(ANN)
    office.store.write(lambda tables: tables.jobs.delete("report-1"))
    office.send(server)
    assert (server.tries, office.store.read.mails.of_report("report-1")) == ([], [])


def test_two_senders_send_a_mail_once(office: Office, server: MailServer) -> None:
    office.write_to(ANN)
    one, other = office.task(server), office.task(server)
    claimed = office.store.write(
        lambda tables: tables.mails.claim("one:1:a:1", now=office.clock.micros, until=office.clock.micros + 1)
    )
    assert claimed is not None
    assert not other.step()
    office.clock.turn(seconds=1)
    assert one.step()
    assert not other.step()
    assert len(server.taken) == 1


# -- over TLS, by name


def test_it_begins_tls_before_it_says_anything(office: Office, authority: Authority) -> None:
    with MailServer(tls=authority.context("127.0.0.1")) as server:
        office.write_to(ANN)
        office.send(server, protection=Protection.STARTTLS, ca_file=authority.file)
        assert [one.secure for one in server.taken] == [True]


def test_it_speaks_tls_from_the_first_byte(office: Office, authority: Authority) -> None:
    with MailServer(tls=authority.context("127.0.0.1"), at_once=True) as server:
        office.write_to(ANN)
        office.send(server, protection=Protection.TLS, ca_file=authority.file)
        assert len(server.taken) == 1


def test_it_gives_nothing_to_a_server_of_another_name_or_authority(
    office: Office, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    office.write_to(ANN)
    for context in (authority.context("mail.elsewhere.test"), other.context("127.0.0.1")):
        with MailServer(tls=context) as server:
            office.send(server, protection=Protection.STARTTLS, ca_file=authority.file)
            assert (office.mail().outcome, server.tries) == (MailOutcome.TLS_FAILED, [])
        office.clock.turn(hours=1)


def test_it_gives_nothing_to_a_server_that_offers_no_tls(office: Office, server: MailServer) -> None:
    office.write_to(ANN)
    office.send(server, protection=Protection.STARTTLS)
    assert (office.mail().outcome, server.tries) == (MailOutcome.TLS_FAILED, [])


def test_it_logs_in_with_the_password_that_the_reference_names(
    office: Office, authority: Authority, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    with MailServer(tls=authority.context("127.0.0.1"), user="hub", password="s3cret-of-mail") as server:
        by_name = {"protection": Protection.STARTTLS, "ca_file": authority.file, "user": "hub"}
        office.write_to(ANN)
        secret.write_text("wrong")
        office.send(server, **by_name, password=f"file:{secret}")
        refused = office.mail()
        assert (refused.state, refused.outcome, refused.status) == (
            DeliveryState.DUE,
            MailOutcome.AUTHENTICATION_FAILED,
            535,
        )
        secret.unlink()
        office.clock.turn(seconds=60)
        office.send(server, **by_name, password=f"file:{secret}")
        assert office.mail().outcome is not None
        assert office.mail().status is None
        secret.write_text("s3cret-of-mail")
        office.clock.turn(hours=1)
        office.send(server, **by_name, password=f"file:{secret}")
        assert office.mail().state is DeliveryState.DELIVERED
        assert "s3cret" not in str(office.mail())
