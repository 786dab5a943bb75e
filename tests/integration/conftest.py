"""A client of the server that a file of tests has started for itself."""

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server


@pytest.fixture(scope="module")
def client(server: Server) -> ContractClient:
    return server.client
