"""What a sender of mails counts: plain numbers of its own thread, read by whoever scrapes."""

from collections import Counter
from collections.abc import Iterator

from hub.model.mail import MailOutcome
from hub.telemetry import catalogue
from hub.telemetry.metric import Reading


class MailCounts:
    def __init__(self) -> None:
        self._attempts: Counter[MailOutcome] = Counter()

    def add(self, outcome: MailOutcome) -> None:
        self._attempts[outcome] += 1

    def readings(self) -> Iterator[Reading]:
        for outcome, count in self._attempts.copy().items():
            yield Reading(catalogue.MAIL_ATTEMPTS, count, (outcome,))
