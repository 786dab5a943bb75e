"""The contracts that are served, where each is served, and that its operations have handlers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub import shipped
from hub.api.app import check_contract
from hub.api.handlers import (
    CONSTRAINTS,
    CREDENTIALS,
    HUB,
    HUB_V4,
    JOB_CONTENTS,
    JOBS,
    OPERATOR,
    PROBLEMS,
    REPORTING,
    TASKS,
    TASKS_V4,
)
from hub.api.schemas import load_contract
from hub.faces import V3, V4, V5
from hub.model.task import TaskKind

PATHS = {name: f"/tmf-api/serviceProblemManagement/{name}" for name in (V5, V4, V3)}
FACE_V5, FACE_V4, FACE_V3 = PATHS.values()
OPERATIONS_V1 = "/qos-hub/v1"


@dataclass(frozen=True, kw_only=True)
class Contracts:
    v5: dict[str, Any]
    v4: dict[str, Any]
    operations: dict[str, Any]

    @classmethod
    def shipped(cls) -> "Contracts":
        folder = shipped.openapi_dir()
        return cls(
            v5=load_contract(folder / "serviceProblem-v5.yaml"),
            v4=load_contract(folder / "serviceProblem-v4.yaml"),
            operations=load_contract(folder / "operations-v1.yaml"),
        )


def check_contracts(contracts: Contracts) -> None:
    """Raises InvalidContract unless every contract is OpenAPI and covered by the handlers exactly."""
    check_contract(FACE_V5, contracts.v5, [*PROBLEMS, *_operation_ids(TASKS), *HUB])
    check_contract(FACE_V4, contracts.v4, [*PROBLEMS, *_operation_ids(TASKS_V4), *HUB_V4])
    check_contract(
        OPERATIONS_V1,
        contracts.operations,
        [*OPERATOR, *CONSTRAINTS, *CREDENTIALS, *JOBS, *JOB_CONTENTS, *REPORTING],
    )


def _operation_ids(tables: Mapping[TaskKind, Mapping[str, object]]) -> list[str]:
    return [operation_id for table in tables.values() for operation_id in table]
