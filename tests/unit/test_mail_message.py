"""A message is one that mail servers read as it was meant, whoever it is for and whatever it is called."""

from email import message_from_bytes, policy
from email.policy import SMTP, SMTPUTF8

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.delivery.mail.message import message
from hub.model.delivery import DeliveryState
from hub.model.mail import MAIL_ADDRESS, Mail
from hub.reporting.audiences.audience import Language
from hub.reporting.audiences.definition import Format, ReportDefinition
from hub.reporting.links import Link
from hub.reporting.order import Order
from hub.reporting.render.words import BY_LANGUAGE

LINKS = {Format.HTML: Link(url="https://hub.test/shared/html?expires=1&signature=x", expires=1_775_000_000)}


def made(
    recipient: str = "ann@customer.test", title: str = "The week", language: Language = Language.ENGLISH
) -> bytes:
    mail = Mail(
        id="mail-1",
        report="report-1",
        recipient=recipient,
        created=0,
        state=DeliveryState.DUE,
        due_at=0,
        attempts=0,
        tries=0,
        settled_at=None,
        outcome=None,
        status=None,
        reply=None,
    )
    definition = ReportDefinition(name="weekly", title=title, audience="operations", scope={"customer": "ACME"})
    order = Order(definition=definition, period="2026-W10", recorded=0, formats=(Format.HTML,))
    words = BY_LANGUAGE[language]
    built = message(
        mail, order, sender="reports@hub.test", words=words, zone="Europe/Berlin", links=LINKS, attached={}
    )
    return built.as_bytes(policy=SMTPUTF8 if not recipient.isascii() else SMTP)


@given(recipient=some.from_regex(MAIL_ADDRESS, fullmatch=True), title=some.text(min_size=1, max_size=200))
def test_nobody_can_write_a_header_of_their_own(recipient: str, title: str) -> None:
    head, _, _ = made(recipient, title).partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert names == [
        b"From",
        b"To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"Auto-Submitted",
        b"Content-Type",
        b"Content-Transfer-Encoding",
        b"MIME-Version",
    ]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (Language.ENGLISH, "Each link opens the report for whoever has it, until 2026-04-01 01:33 +02:00."),
        (Language.GERMAN, "Jeder Link öffnet den Bericht für alle, die ihn haben, bis 2026-04-01 01:33 +02:00."),
    ],
)
def test_it_says_in_the_language_of_its_audience_what_the_links_are(language: Language, sentence: str) -> None:
    body = message_from_bytes(made(language=language), policy=policy.default).get_content()
    assert sentence in body
    assert LINKS[Format.HTML].url in body


@pytest.mark.parametrize(
    "text", ["", "ann", "ann@", "@b", "a b@c", "a@b\n", "a@b, c@d", '"a"@b', "a@[1.2.3.4]", ".a@b"]
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    assert MAIL_ADDRESS.fullmatch(text) is None
