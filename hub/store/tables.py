"""The tables as one value: what a transaction may write and a reader may read."""

from contextlib import AbstractContextManager

from hub.store.api_keys import ApiKeys
from hub.store.connection import Connection
from hub.store.constraints import Constraints
from hub.store.deliveries import Deliveries
from hub.store.delivery_list import DeliveryList
from hub.store.erasures import Erasures
from hub.store.events import Events
from hub.store.figures import Figures
from hub.store.histories import Histories
from hub.store.idempotency_keys import IdempotencyKeys
from hub.store.jobs import Jobs
from hub.store.lines import Lines
from hub.store.lists import Lists
from hub.store.mails import Mails
from hub.store.moment import at_one_moment
from hub.store.problems import Problems
from hub.store.records import Records
from hub.store.recoveries import Recoveries
from hub.store.report_definitions import ReportDefinitions
from hub.store.report_schedules import ReportSchedules
from hub.store.retention import Retention
from hub.store.sealed import Sealed
from hub.store.sources import Sources
from hub.store.standings import Standings
from hub.store.subscriptions import Subscriptions
from hub.store.tasks import Tasks
from hub.store.write_backs import WriteBacks


class Tables:
    """One object a table, all on one connection and in one dialect of SQL.

    `signals` collects what the open transaction has to tell others once it is committed.
    """

    def __init__(self, connection: Connection, dialect: str) -> None:
        self.connection = connection
        self.signals: set[str] = set()
        self.problems = Problems(connection, dialect)
        self.records = Records(connection, dialect)
        self.histories = Histories(connection, dialect)
        self.constraints = Constraints(connection, dialect)
        self.events = Events(connection, dialect, self.signals)
        self.subscriptions = Subscriptions(connection, dialect, self.signals)
        self.deliveries = Deliveries(connection, dialect, self.signals)
        self.delivery_list = DeliveryList(connection, dialect)
        self.lines = Lines(connection, dialect, self.signals)
        self.erasures = Erasures(connection, dialect, self.signals)
        self.retention = Retention(connection, dialect)
        self.lists = Lists(connection, dialect)
        self.recoveries = Recoveries(connection, dialect, self.signals)
        self.standings = Standings(connection, dialect)
        self.sources = Sources(connection, dialect, self.signals)
        self.write_backs = WriteBacks(connection, dialect)
        self.api_keys = ApiKeys(connection, dialect)
        self.tasks = Tasks(connection, dialect)
        self.jobs = Jobs(connection, dialect, self.signals)
        self.report_definitions = ReportDefinitions(connection, dialect)
        self.report_schedules = ReportSchedules(connection, dialect)
        self.mails = Mails(connection, dialect)
        self.idempotency_keys = IdempotencyKeys(connection, dialect)
        self.figures = Figures(connection, dialect)
        self.sealed = Sealed(connection, dialect)

    def at_one_moment(self) -> AbstractContextManager[None]:
        """Everything that is read inside is of the same state of the database."""
        return at_one_moment(self.connection)
