"""What sends management reports by mail."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from hub.bootstrap.parts import Parts
from hub.bootstrap.reporting import make_links
from hub.delivery.mail.counts import MailCounts
from hub.delivery.mail.sending import Letters, MailTask
from hub.delivery.mail.smtp import MailServer, Protection
from hub.delivery.schedule import Schedule
from hub.errors import InvalidSettings, Violation
from hub.references import secret
from hub.reporting.press import Press
from hub.settings import MailSettings, Settings
from hub.store.job_files import JobFiles
from hub.store.leases import Holder
from hub.upkeep.housekeeper import Housekeeper


def make_mail_sender(parts: Parts, press: Press, counts: MailCounts) -> Housekeeper:
    """Raises InvalidSettings."""
    settings = parts.settings
    check_mail(settings.mail)
    task = MailTask(
        store=parts.store,
        letters=Letters(
            sender=settings.mail.sender,
            attach_up_to=settings.mail.attachment_limit if settings.mail.content == "attachment" else 0,
            files=JobFiles(settings.jobs_folder),
            links=make_links(parts),
            press=press,
        ),
        server=mail_server(settings),
        schedule=Schedule.from_settings(settings.delivery.schedule, settings.delivery.jitter),
        clock=parts.clock,
        holder=Holder.this(),
        counts=counts,
    )
    return Housekeeper(store=parts.store, tasks=(task,))


def check_mail(mail: MailSettings) -> None:
    """Raises InvalidSettings for what cannot be together, and for a password that cannot be read."""
    wrong = list(_wrong(mail)) if mail.host else []
    if wrong:
        raise InvalidSettings(violations=wrong)


def _wrong(mail: MailSettings) -> Iterator[Violation]:
    if not mail.sender:
        yield Violation(field="[mail] sender", message="must say from whom mails are", value="")
    if mail.user and mail.protection == Protection.NONE:
        message = "must not be none with [mail] user: others could read the password"
        yield Violation(field="[mail] protection", message=message, value=mail.protection)
    if mail.user:
        try:
            secret(mail.password)
        except ValueError as error:
            yield Violation(field="[mail] password", message=str(error))


def mail_server(settings: Settings) -> MailServer:
    mail = settings.mail
    return MailServer(
        host=mail.host,
        port=mail.port,
        protection=Protection(mail.protection),
        ca_file=mail.ca_file or None,
        user=mail.user,
        password=mail.password,
        timeout=mail.timeout,
        own_name=urlsplit(settings.server.base_url).hostname or "qos-hub",
    )
