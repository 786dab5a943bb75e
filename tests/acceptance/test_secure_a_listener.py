"""The how-to about secure listeners is true: its blocks run, in their order, against a real hub and a real listener."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.settings import load_settings
from tests.acceptance.running import Server, run
from tests.fakes.certificates import Issued, issued
from tests.fakes.listener import Listener

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "secure-a-listener.md"
TEXT = HOW_TO.read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def test_a_listener_can_be_secured_by_the_how_to(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, renewed = authority.issue_cert("hub.example.com"), authority.issue_cert("hub.example.com")
    assert len(blocks("python")) >= 7
    with Listener() as listener, Server(tmp_path) as server:

        def received(number: int) -> tuple[dict[str, str], bytes]:
            one = listener.wait_for(number)[number - 1]
            return one.headers, one.body

        names: dict[str, Any] = {
            "URL": server.client.base_url,
            "CALLBACK": listener.url("/qos"),
            "RECEIVED": received,
            "CERTIFICATE": certificate.cert_chain_pems[0].bytes().decode(),
            "KEY": certificate.private_key_pem.bytes().decode(),
            "RENEWED": renewed.cert_chain_pems[0].bytes().decode(),
            "RENEWED_KEY": renewed.private_key_pem.bytes().decode(),
            "AUTHORITY": authority.cert_pem.bytes().decode(),
        }
        for number, block in enumerate(blocks("python"), start=1):
            exec(compile(block, f"{HOW_TO.name}, block {number}", "exec"), names)
        names["hub"].close()
        [commands] = blocks("sh")
        for command in commands.splitlines():
            done = run(tmp_path, *shlex.split(command, comments=True)[1:])
            assert done.returncode == 0, done.stderr


def test_a_certificate_that_no_listener_could_take_is_refused_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    good, small = issued("hub.test"), issued("small.test", kind="RSA-1024")
    callback = "https://listener.example.com/in"

    def of(one: Issued) -> dict[str, object]:
        return {"tls": {"certificate": one.pem, "key": one.key_pem}}

    with Server(tmp_path) as server:
        client = server.client
        hub = f"{client.face}/hub"
        refused = client.post(hub, {"callback": callback, "delivery": of(small)})
        kept = client.post(hub, {"callback": callback, "delivery": of(good)})
        assert kept.status_code == 201
        address = f"{client.operations}/subscriptions/{kept.json()['id']}"
        patched = client.call("PATCH", address, json={"delivery": of(small)})
        for answered in (refused, patched):
            assert (answered.status_code, answered.json()["@type"]) == (400, "Error")
            [violation] = answered.json()["violation"]
            assert violation["field"] == "delivery.tls.certificate"
            assert "ee key too small" in violation["message"]
            assert "BEGIN" not in answered.text
        end = datetime(2037, 3, 31, 23, 59, 59, tzinfo=UTC)
        renewed = client.call("PATCH", address, json={"delivery": of(issued("renewed.test", end=end))})
        tls = {"certificate": True, "authority": False, "certificateEnd": "2037-03-31T23:59:59.000Z"}
        assert renewed.json()["delivery"]["tls"] == tls
        assert [change["changes"].keys() for change in renewed.json()["change"]] == [{"credentials"}]
        assert "BEGIN" not in renewed.text + server.output()


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_settings_are_settings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    load_settings(path, {}, {})
