"""Scopes: the words for what a caller may do. The contracts say which operation needs which."""

from collections.abc import Iterable, Mapping
from typing import Any

ALL = "*"
"""The scope of a caller that may do everything."""

SCHEME = "oauth2"
"""The security scheme of the contracts that lists the scopes."""


def scopes_of(contracts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """{scope: what it lets a caller do} of all contracts, and the one for everything."""
    found = {ALL: "Everything."}
    for contract in contracts:
        flows = contract.get("components", {}).get("securitySchemes", {}).get(SCHEME, {}).get("flows", {})
        for flow in flows.values():
            found |= flow["scopes"]
    return found
