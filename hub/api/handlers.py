"""Which method does which operation of the contracts: one line an operation."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from hub.api.constraints import ConstraintOperations
from hub.api.coverage import CoverageOperations
from hub.api.credentials import CredentialOperations
from hub.api.deliveries import DeliveryListing
from hub.api.erasures import ErasureOperations
from hub.api.hub import HubOperations
from hub.api.jobs import JobOperations
from hub.api.jobs_contents import JobContents
from hub.api.lists import ListOperations
from hub.api.management_reports import ManagementReportOperations
from hub.api.messages import Request, Response
from hub.api.operations import Operations
from hub.api.problems import ProblemOperations
from hub.api.recoveries import RecoveryOperations
from hub.api.report_definitions import ReportDefinitionOperations
from hub.api.subscriptions import SubscriptionOperations
from hub.api.tasks import TaskOperations
from hub.api.wakes import WakeOperations
from hub.api.write_backs import WriteBackOperations
from hub.errors import Forbidden, InvalidInput
from hub.model.task import TaskKind

Handler = Callable[[Request], Awaitable[Response]]

PROBLEMS = {
    "listServiceProblem": ProblemOperations.list_problems,
    "createServiceProblem": ProblemOperations.create,
    "createServiceProblems": ProblemOperations.create_several,
    "retrieveServiceProblem": ProblemOperations.retrieve,
    "patchServiceProblem": ProblemOperations.patch,
    "deleteServiceProblem": ProblemOperations.delete,
    "listServiceProblemEventRecord": ProblemOperations.list_records,
    "retrieveServiceProblemEventRecord": ProblemOperations.retrieve_record,
}
HUB = {"createHub": HubOperations.register, "hubDelete": HubOperations.unregister}
TASKS = {
    kind: {
        f"list{kind.type_name}": TaskOperations.list_tasks,
        f"create{kind.type_name}": TaskOperations.create,
        f"retrieve{kind.type_name}": TaskOperations.retrieve,
    }
    for kind in TaskKind
}
TASKS_V4 = {
    kind: {
        f"create{kind.type_name}": TaskOperations.create,
        f"retrieve{kind.type_name}": TaskOperations.retrieve,
    }
    for kind in TaskKind
}
HUB_V4 = {"registerListener": HubOperations.register, "unregisterListener": HubOperations.unregister}
OPERATIONS = {
    "getHealth": Operations.health,
    "retrieveDelivery": Operations.delivery,
    "resendDelivery": Operations.resend,
    "listSource": Operations.sources,
}
WAKES = {"wakeSource": WakeOperations.by_signature, "wakeSourceBySecret": WakeOperations.by_secret}
DELIVERIES = {"listDelivery": DeliveryListing.deliveries}
SUBSCRIPTIONS = {
    "listSubscription": SubscriptionOperations.subscriptions,
    "retrieveSubscription": SubscriptionOperations.subscription,
    "patchSubscription": SubscriptionOperations.patch,
    "recoverSubscription": SubscriptionOperations.recover,
    "replaySubscription": SubscriptionOperations.replay,
}
WRITE_BACKS = {
    "listWriteBack": WriteBackOperations.write_backs,
    "retrieveWriteBack": WriteBackOperations.write_back,
    "resendWriteBack": WriteBackOperations.resend,
}
RECOVERIES = {
    "listRecovery": RecoveryOperations.recoveries,
    "retrieveRecovery": RecoveryOperations.recovery,
}
LISTS = {"listNotificationList": ListOperations.lists, "retrieveNotificationList": ListOperations.list}
COVERAGE = {"listCoverage": CoverageOperations.coverage}
ERASURES = {
    "listErasure": ErasureOperations.erasures,
    "createErasure": ErasureOperations.erase,
    "retrieveErasure": ErasureOperations.erasure,
}
OPERATOR = OPERATIONS | DELIVERIES | SUBSCRIPTIONS | RECOVERIES | LISTS | COVERAGE | ERASURES | WAKES | WRITE_BACKS
"""What `hub.bootstrap.operator` builds."""

CONSTRAINTS = {
    "listConstraint": ConstraintOperations.constraints,
    "retrieveConstraint": ConstraintOperations.constraint,
    "reviewConstraint": ConstraintOperations.review,
    "retrieveConstraintReview": ConstraintOperations.week,
}
CREDENTIALS = {
    "retrieveSubscriptionSecret": CredentialOperations.keys,
    "rotateSubscriptionSecret": CredentialOperations.rotate,
    "testSubscription": CredentialOperations.test,
}
JOBS = {
    "listExportJob": JobOperations.exports,
    "createExportJob": JobOperations.create_export,
    "retrieveExportJob": JobOperations.export,
    "deleteExportJob": JobOperations.delete_export,
    "listImportJob": JobOperations.imports,
    "createImportJob": JobOperations.create_import,
    "retrieveImportJob": JobOperations.import_,
    "deleteImportJob": JobOperations.delete_import,
}
JOB_CONTENTS = {
    "retrieveExportJobContent": JobContents.export_content,
    "retrieveImportJobContent": JobContents.import_content,
    "putImportJobContent": JobContents.put_content,
    "listImportJobError": JobContents.errors,
}
REPORT_DEFINITIONS = {
    "listMetricDefinition": ReportDefinitionOperations.metrics,
    "retrieveMetricDefinition": ReportDefinitionOperations.metric,
    "listReportDefinition": ReportDefinitionOperations.definitions,
    "createReportDefinition": ReportDefinitionOperations.create,
    "retrieveReportDefinition": ReportDefinitionOperations.definition,
    "deleteReportDefinition": ReportDefinitionOperations.delete,
    "previewReportDefinition": ReportDefinitionOperations.preview,
}
MANAGEMENT_REPORTS = {
    "listManagementReport": ManagementReportOperations.reports,
    "createManagementReport": ManagementReportOperations.create,
    "retrieveManagementReport": ManagementReportOperations.report,
    "deleteManagementReport": ManagementReportOperations.delete,
    "retrieveManagementReportContent": ManagementReportOperations.content,
    "retrieveSharedManagementReport": ManagementReportOperations.shared,
}
REPORTING = REPORT_DEFINITIONS | MANAGEMENT_REPORTS
"""{operationId: method} of every face, its hub and each kind of task at v5 and v4, of `/qos-hub/v1` and its jobs."""


def bound(
    table: Mapping[str, Callable[..., Any]], owner: object, worded: Callable[[str], str] | None = None
) -> dict[str, Handler]:
    """{operationId: handler} of a table's methods on their owner; `worded` names a place in the face's own words."""
    handlers: dict[str, Handler] = {
        operation_id: getattr(owner, method.__name__) for operation_id, method in table.items()
    }
    if worded is None:
        return handlers
    return {operation_id: _worded(handler, worded) for operation_id, handler in handlers.items()}


def _worded(handler: Handler, worded: Callable[[str], str]) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except InvalidInput as error:
            told = [replace(one, field=_within(one.field, worded)) for one in error.violations]
            raise type(error)(violations=told, headers=error.headers) from error
        except Forbidden as error:  # its sentence names places as well
            told = [
                replace(one, field=_within(one.field, worded), message=worded(one.message))
                for one in error.violations
            ]
            raise type(error)(violations=told, headers=error.headers) from error

    return handle


def _within(field: str, worded: Callable[[str], str]) -> str:
    """The field in the face's words; of one of several reports, that behind its place."""
    place, mark, rest = field.partition("].value.")
    return f"{place}{mark}{worded(rest)}" if mark and place.startswith("[") else worded(field)
