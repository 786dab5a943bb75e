"""What a contract demands of the caller of each operation, compiled once from its `security`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.access.scopes import ALL, SCHEME
from hub.api.routing import METHODS
from hub.errors import Forbidden, InsufficientScope, InvalidContract, Violation
from hub.model.caller import Caller

FOR_PARTIES = "x-for-parties"
"""Marks an operation whose handler shows a caller of a party its own; all others are for operators."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """`scope` is None where nobody needs a credential."""

    scope: str | None
    for_parties: bool = False

    def check(self, caller: Caller) -> None:
        """Raises Forbidden unless the caller may do this. Nothing has been looked up by then."""
        if self.scope not in caller.scopes and ALL not in caller.scopes:
            raise _lacks(caller, self.scope or "")
        if caller.party is not None and not self.for_parties:
            message = f"{caller.name} is bound to party {caller.party}; this operation is for operators"
            raise Forbidden(violations=[Violation(field="party", value=caller.party, message=message)])


def _lacks(caller: Caller, scope: str) -> InsufficientScope:
    message = f"{caller.name} lacks {scope}, which this operation needs"
    challenge = f'Bearer realm="qos-hub", error="insufficient_scope", scope="{scope}"'
    violation = Violation(field="scope", value=scope, message=message)
    return InsufficientScope(violations=[violation], headers={"WWW-Authenticate": challenge})


def requirements_of(base_path: str, contract: Mapping[str, Any]) -> dict[str, Requirement]:
    """{operationId: what it demands}.

    Raises InvalidContract naming each operation that does not say so: `security: []` where it is open to all, or
    alternatives of which one is the scheme `oauth2` with exactly one scope of those that the contract lists.
    """
    listed = contract.get("components", {}).get("securitySchemes", {}).get(SCHEME, {}).get("flows", {})
    scopes = {scope for flow in listed.values() for scope in flow["scopes"]}
    found: dict[str, Requirement] = {}
    gaps: list[str] = []
    for path in contract["paths"].values():
        for operation in (path[method] for method in METHODS if method in path):
            requirement = _requirement(operation, scopes)
            if requirement is None:
                gaps.append(
                    f"operation {operation['operationId']} does not say in `security` which scope it needs"
                )
            else:
                found[operation["operationId"]] = requirement
    if gaps:
        message = f"the contract at {base_path}: {'; '.join(gaps)}"
        raise InvalidContract(violations=[Violation(field="openapi", message=message)])
    return found


def _requirement(operation: Mapping[str, Any], scopes: set[str]) -> Requirement | None:
    security = operation.get("security")
    if security == []:
        return Requirement(None)
    named = [scope for alternative in security or () for scope in alternative.get(SCHEME, ())]
    if len(named) != 1 or named[0] not in scopes:
        return None
    return Requirement(named[0], for_parties=operation.get(FOR_PARTIES, False))
