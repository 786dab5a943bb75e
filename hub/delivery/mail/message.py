"""The message by which a management report reaches one recipient: the same bytes at each attempt."""

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from hub.model.mail import Mail
from hub.model.times import from_micros
from hub.reporting.audiences.definition import MEDIA_TYPES, Format
from hub.reporting.links import Link
from hub.reporting.order import Order
from hub.reporting.render.numbers import moment
from hub.reporting.render.words import Words


def message(
    mail: Mail,
    order: Order,
    *,
    sender: str,
    words: Words,
    zone: str,
    links: Mapping[Format, Link],
    attached: Mapping[Format, bytes],
) -> EmailMessage:
    """With links, or with what is attached. Names its recipient and no other; the id says whether it came before."""
    made = EmailMessage(policy=SMTP)
    title = _line(order.definition.title)
    made["From"] = sender
    made["To"] = mail.recipient
    made["Subject"] = f"{title}: {_line(order.period)}"
    made["Date"] = format_datetime(from_micros(mail.created))
    made["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n".join(_lines(order, title, words, zone, links)) + "\n", cte="quoted-printable")
    for form, content in attached.items():
        main, _, sub = MEDIA_TYPES[form].partition(";")[0].partition("/")
        name = f"{order.definition.name}-{order.period.replace('/', '_')}.{form}"
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    if made.is_multipart():
        made.set_boundary(f"=_{mail.id}")
    return made


def _lines(order: Order, title: str, words: Words, zone: str, links: Mapping[Format, Link]) -> Sequence[str]:
    recorded = moment(order.recorded, zone)
    lines = [
        title,
        "",
        f"{words('Period')}: {order.period}",
        f"{words('Recorded until')}: {recorded}",
        *(f"{words(name)}: {_line(value)}" for name, value in sorted(order.whole_scope.items())),
        "",
    ]
    if not links:
        return [*lines, words("The report is attached.")]
    lines += [line for form, link in links.items() for line in (f"{form.upper()}:", link.url, "")]
    ends = moment(min(link.expires for link in links.values()) * 1_000_000, zone)
    return [*lines, words("Each link opens the report for whoever has it, until {ends}.", ends=ends)]


def _line(text: str) -> str:
    """A text of one line: a header has no more."""
    return " ".join(text.split())
