"""Sends the mails that are due, one after another: claim, send, record."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

from hub.delivery.mail.counts import MailCounts
from hub.delivery.mail.message import message
from hub.delivery.mail.smtp import Attempted, MailServer, send
from hub.delivery.schedule import Schedule
from hub.errors import InvalidInput
from hub.model.delivery import DeliveryState
from hub.model.job import Job
from hub.model.mail import Mail, MailOutcome
from hub.model.times import Clock, micros_to_text, to_micros
from hub.reporting.audiences.audience import Language
from hub.reporting.audiences.definition import Format
from hub.reporting.links import Link, Links
from hub.reporting.order import Order, order_from
from hub.reporting.press import Press
from hub.reporting.render.words import BY_LANGUAGE
from hub.store.job_files import JobFiles
from hub.store.leases import Holder
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.delivery")

LEASE = 900_000_000
"""Microseconds after which another process may take a mail whose sender said no more."""


LOOKS = 60
"""Every so many turns it is looked for what dead processes held."""


@dataclass(frozen=True, kw_only=True)
class Letters:
    """How a report is written to a recipient. Beyond `attach_up_to` bytes, and where that is 0, there are links."""

    sender: str
    attach_up_to: int
    files: JobFiles
    links: Links
    press: Press

    def of(self, mail: Mail, job: Job) -> EmailMessage:
        """The message. Raises OSError when what is to be attached cannot be read."""
        order = order_from(job.asked.query or "")
        language, zone = self._told_in(order)
        attached = self._attached(mail.report, order) if self.attach_up_to else {}
        return message(
            mail,
            order,
            sender=self.sender,
            words=BY_LANGUAGE[language],
            zone=zone,
            links={} if attached else self._linked(mail, order),
            attached=attached,
        )

    def _told_in(self, order: Order) -> tuple[Language, str]:
        try:
            zone = order.zone or self.press.zone(order.definition)
            return self.press.audience(order.definition.audience).language, zone
        except InvalidInput:  # its audience is not there any more
            return Language.ENGLISH, order.zone or order.definition.zone or "UTC"

    def _linked(self, mail: Mail, order: Order) -> Mapping[Format, Link]:
        """From the making of the mail on, so that each attempt sends the same."""
        return {form: self.links.link(mail.report, form, now=mail.created) for form in order.formats}

    def _attached(self, report: str, order: Order) -> Mapping[Format, bytes]:
        paths = {form: self.files.artefact(report, form) for form in order.formats}
        if sum(path.stat().st_size for path in paths.values()) > self.attach_up_to:
            return {}
        return {form: path.read_bytes() for form, path in paths.items()}


class MailTask:
    """At least once: a mail whose sender is killed before it could record it is sent again, with the same id."""

    name = "mails"

    def __init__(
        self,
        *,
        store: Store,
        letters: Letters,
        server: MailServer,
        schedule: Schedule,
        clock: Clock,
        holder: Holder,
        counts: MailCounts,
    ) -> None:
        self._store = store
        self._letters = letters
        self._server = server
        self._schedule = schedule
        self._clock = clock
        self._holder = holder
        self._counts = counts
        self._turns = 0

    def step(self) -> bool:
        """Send the next one; False when none is due. Raises StoreUnavailable."""
        now = to_micros(self._clock())
        if self._turns % LOOKS == 0:
            self._free_abandoned()
        self._turns += 1
        if not self._store.read.mails.is_any_due(now):
            return False
        token = self._holder.token(self._turns)
        mail = self._store.write(lambda tables: tables.mails.claim(token, now=now, until=now + LEASE))
        if mail is None:
            return False
        attempted = self._attempt(mail)
        if attempted is not None:
            self._counts.add(attempted.outcome)
            self._settle(mail, token, attempted)
        return True

    def _free_abandoned(self) -> None:
        """What a dead process of this host held."""
        tokens = [token for token in self._store.read.mails.tokens() if self._holder.abandoned(token)]
        if tokens:
            self._store.write(lambda tables: tables.mails.release(tokens))

    def _attempt(self, mail: Mail) -> Attempted | None:
        """None when its report is gone, and the mail with it."""
        job = self._store.read.jobs.get(mail.report)
        if job is None:
            return None
        letters = self._letters
        try:
            written = letters.of(mail, job)
        except OSError as error:
            return Attempted(outcome=MailOutcome.UNREADABLE, reply=str(error.strerror or error))
        return send(written, self._server, sender=letters.sender, recipient=mail.recipient)

    def _settle(self, mail: Mail, token: str, attempted: Attempted) -> None:
        after = settled(mail, attempted, self._schedule, now=to_micros(self._clock()))
        kept = self._store.write(partial(_keep, mail=after, token=token))
        tell = log.info if after.state is DeliveryState.DELIVERED else log.warning
        tell(
            "mail.attempted",
            mail=mail.id,
            report=mail.report,
            attempt=after.attempts,
            outcome=after.outcome,
            status=after.status,
            state=after.state,
            kept=kept,
            next_due=None if after.settled_at else micros_to_text(after.due_at),
        )


def _keep(tables: Tables, *, mail: Mail, token: str) -> bool:
    return tables.mails.settle(mail, token=token)


def settled(mail: Mail, attempted: Attempted, schedule: Schedule, *, now: int) -> Mail:
    """What becomes of a mail by an attempt."""
    tried = mail._replace(
        attempts=mail.attempts + 1,
        tries=mail.tries + 1,
        outcome=attempted.outcome,
        status=attempted.status,
        reply=attempted.reply or None,
    )
    if attempted.outcome is MailOutcome.DELIVERED:
        return tried._replace(state=DeliveryState.DELIVERED, settled_at=now)
    wait = None if attempted.outcome is MailOutcome.REFUSED else schedule.next_wait(tried.tries)
    if wait is None:
        return tried._replace(state=DeliveryState.DEAD, settled_at=now)
    return tried._replace(state=DeliveryState.DUE, due_at=now + round(wait * 1e6))
