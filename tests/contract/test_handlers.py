"""Every operation of a contract has a handler, every handler an operation; a gap on either side is no start."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub import shipped
from hub.api.app import check_contract, make_app, operation_ids, refuse_gaps
from hub.api.handlers import Handler
from hub.api.messages import Request, Response
from hub.bootstrap import FACE_V4, FACE_V5, OPERATIONS_V1, Contracts, build
from hub.cli import main
from hub.errors import InvalidContract
from hub.settings import load_settings

CONTRACTS = Contracts.shipped()
SERVED = {FACE_V5: CONTRACTS.v5, FACE_V4: CONTRACTS.v4, OPERATIONS_V1: CONTRACTS.operations}


async def answers(request: Request) -> Response:
    return Response()


async def pages(scope: Any, receive: Any, send: Any) -> None:
    await Response(status=404)(scope, receive, send)


def handlers_of(contract: dict[str, Any]) -> dict[str, Handler]:
    return dict.fromkeys(operation_ids(contract), answers)


@pytest.mark.parametrize("path", SERVED)
def test_contract_and_handlers_that_fit_are_accepted(path: str) -> None:
    refuse_gaps(path, SERVED[path], handlers_of(SERVED[path]))


@pytest.mark.parametrize("path", SERVED)
def test_each_operation_without_its_handler_is_named(path: str) -> None:
    for name in sorted(operation_ids(SERVED[path])):
        handlers = handlers_of(SERVED[path])
        del handlers[name]
        with pytest.raises(InvalidContract, match=f"operation {name} has no handler"):
            refuse_gaps(path, SERVED[path], handlers)


def test_a_handler_without_an_operation_is_named() -> None:
    handlers = handlers_of(CONTRACTS.v5) | {"makeCoffee": answers}
    with pytest.raises(InvalidContract, match="handler makeCoffee has no operation"):
        refuse_gaps(FACE_V5, CONTRACTS.v5, handlers)


def test_an_operation_that_leaves_the_contract_leaves_its_handler_without_one() -> None:
    contract = copy.deepcopy(CONTRACTS.v5)
    del contract["paths"]["/hub"]
    with pytest.raises(InvalidContract, match="handler createHub has no operation"):
        refuse_gaps(FACE_V5, contract, handlers_of(CONTRACTS.v5))


def test_a_gap_is_no_start() -> None:
    with pytest.raises(InvalidContract, match="operation getHealth has no handler"):
        make_app({OPERATIONS_V1: (CONTRACTS.operations, {})}, pages=pages, body_limit=1024)


@pytest.mark.parametrize(
    "security", [[{}], [{"apiKey": []}], [{"oauth2": []}], [{"oauth2": ["serviceProblem:cook"]}]], ids=str
)
def test_an_operation_that_does_not_say_who_may_call_is_no_start(security: Any) -> None:
    contract = copy.deepcopy(CONTRACTS.v5)
    contract["paths"]["/hub"]["post"]["security"] = security
    with pytest.raises(InvalidContract, match="operation createHub does not say in `security` which scope"):
        make_app({FACE_V5: (contract, handlers_of(contract))}, pages=pages, body_limit=1024)


@pytest.mark.parametrize("path", SERVED)
def test_the_served_contracts_are_openapi(path: str) -> None:
    check_contract(path, SERVED[path], operation_ids(SERVED[path]))


def test_check_refuses_a_contract_that_is_not_openapi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "openapi"
    shutil.copytree(shipped.openapi_dir(), folder)
    contract = folder / "operations-v1.yaml"
    written = contract.read_text("utf-8")
    contract.write_text(written.replace("in: query", "in: question", 1), "utf-8")
    monkeypatch.setattr(shipped, "openapi_dir", lambda: folder)
    checked = CliRunner().invoke(main, ["check"])
    assert checked.exit_code == 2
    assert f"the contract at {OPERATIONS_V1} is not OpenAPI" in checked.stderr


def test_a_callback_of_a_listener_is_no_operation_of_ours() -> None:
    assert not any(name.startswith("on") for name in operation_ids(CONTRACTS.v5))


def test_the_shipped_contracts_and_the_code_make_one_application(tmp_path: Path) -> None:
    hub = build(load_settings(None, {}, {"store.database": str(tmp_path / "hub.db")}))
    try:
        assert hub.app is not None
    finally:
        hub.stop()
