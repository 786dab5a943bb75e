"""What a registration wants is the same for what happens now and for what is told again."""

from hub.faces import EVENT_TYPES, V5
from hub.model.event import BY_NAME, EventType
from hub.query.ownership import PARTY_PATHS
from hub.subscriptions.wanting import Wanted, wanted_by
from tests.contract.store_rows import subscription
from tests.rooms import parse_query


def wanted(query: str | None) -> Wanted:
    return wanted_by(subscription(1, query=query), parse_query=parse_query(), party_paths=PARTY_PATHS)


def test_what_is_told_by_name_is_not_told_again_to_who_did_not_name_it() -> None:
    assert wanted(None).types == EVENT_TYPES[V5] - BY_NAME
    assert wanted("event.serviceProblem.priority=1").types == EVENT_TYPES[V5] - BY_NAME
    assert wanted("eventType=ManagementReportReadyEvent").types == {EventType.REPORT_READY}
    assert wanted("eventType=ManagementReportFailedEvent").types == {EventType.REPORT_FAILED}
