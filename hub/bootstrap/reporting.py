"""What management reports are made with: the files that say what was agreed, who gets them, and which there are."""

from functools import partial
from pathlib import Path

from hub import shipped
from hub.api.handlers import MANAGEMENT_REPORTS, REPORT_DEFINITIONS, Handler, bound
from hub.api.management_reports import ManagementReportOperations
from hub.api.once import Once
from hub.api.report_definitions import ReportDefinitionOperations
from hub.bootstrap.contracts import OPERATIONS_V1
from hub.bootstrap.parts import Parts
from hub.reporting.audiences import definition, file
from hub.reporting.audiences.definition import load_definitions
from hub.reporting.audiences.file import load_audiences
from hub.reporting.links import Links
from hub.reporting.policy_file import NAME, load_agreed
from hub.reporting.press import Press
from hub.reporting.scheduling import ScheduleTask
from hub.reporting.telling import Teller
from hub.settings import Settings
from hub.store.job_files import JobFiles
from hub.upkeep.housekeeper import Housekeeper


def make_press(settings: Settings) -> Press:
    """Raises InvalidSettings, naming the file and everything that is wrong with it."""
    agreed = load_agreed(place(settings, NAME))
    audiences = load_audiences(place(settings, file.NAME), agreed.calendars)
    definitions = load_definitions(place(settings, definition.NAME), audiences)
    return Press(agreed=agreed, audiences=audiences, definitions=definitions)


def place(settings: Settings, name: str) -> Path:
    """The operator's file of a name, else the shipped one."""
    own = Path(settings.reporting.folder) / name
    return own if settings.reporting.folder and own.is_file() else shipped.config_dir() / name


def reporting_handlers(parts: Parts, once: Once, press: Press) -> dict[str, Handler]:
    settings = parts.settings
    base_url, maximum = settings.server.base_url + OPERATIONS_V1, settings.api.page_maximum
    definitions = ReportDefinitionOperations(
        store=parts.store, press=press, clock=parts.clock, once=once, base_url=base_url, page_maximum=maximum
    )
    reports = ManagementReportOperations(
        store=parts.store,
        files=JobFiles(settings.jobs_folder),
        press=press,
        links=make_links(parts),
        clock=parts.clock,
        new_id=parts.new_id,
        once=once,
        base_url=base_url,
        page_maximum=maximum,
        mails=bool(settings.mail.host),
    )
    return bound(REPORT_DEFINITIONS, definitions) | bound(MANAGEMENT_REPORTS, reports)


def make_links(parts: Parts) -> Links:
    return Links(
        keys=partial(parts.secrets.derived, b"links of management reports"),
        base_url=parts.settings.server.base_url + OPERATIONS_V1,
        lifetime=parts.settings.reporting.link_lifetime,
    )


def make_teller(parts: Parts, press: Press) -> Teller:
    return Teller(
        letterhead=parts.letterhead(),
        links=make_links(parts),
        press=press,
        new_id=parts.new_id,
        mails=bool(parts.settings.mail.host),
    )


def make_scheduler(parts: Parts, press: Press) -> Housekeeper:
    task = ScheduleTask(store=parts.store, press=press, clock=parts.clock, new_id=parts.new_id)
    return Housekeeper(store=parts.store, tasks=(task,))
