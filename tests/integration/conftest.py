"""A client of the server that a file of tests has started for itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.senders import Office, logged_lines


@pytest.fixture(scope="module")
def client(server: Server) -> ContractClient:
    return server.client


@pytest.fixture
def office(tmp_path: Path, listener: Listener) -> Iterator[Office]:
    """Closed before its listener, so that an end of the listener is no failed attempt."""
    with logged_lines() as log:
        office = Office(tmp_path, log)
        yield office
        office.close()
