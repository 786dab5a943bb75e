"""Bulk between two hubs: ten thousand reports out, over a broken download, and in again; and kills at every moment."""

import json
import os
import random
import re
import resource
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acceptance.bulk import CSV, NDJSON, ask, ended, imported, job, lines, send, without
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.rooms import report, until

REPORTS = 10_000
KILLS = 4
HERE_ONLY = ("href", "lastUpdate")
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "bulk-load.md"


def many(count: int, **more: Any) -> bytes:
    statuses = ("acknowledged", "inProgress", "pending", "resolved", "closed")
    return lines(
        report(name=f"ring {number}", status=statuses[number % 5], priority=number % 10 + 1, **more)
        for number in range(count)
    )


def everything(client: ContractClient) -> dict[str, dict[str, Any]]:
    """{id: report} of all reports, read page by page."""
    found: dict[str, dict[str, Any]] = {}
    path: str | None = f"{client.face}/serviceProblem?limit=1000"
    while path is not None:
        page = client.get(path)
        found |= {one["id"]: without(one, *HERE_ONLY) for one in page.json()}
        following = page.links.get("next")
        path = following["url"].removeprefix(client.base_url) if following else None
    return found


def broken_download(client: ContractClient, path: str, dice: random.Random) -> bytes:
    """The content at `path`, over connections that each break off somewhere."""
    got = b""
    while True:
        headers = {"Range": f"bytes={len(got)}-"} if got else {}
        with requests.get(f"{client.base_url}{path}", headers=headers, stream=True, timeout=30) as answer:
            assert answer.status_code == (206 if got else 200)
            left = int(answer.headers["Content-Length"])
            wanted = min(left, dice.randrange(1, 4_000_000))
            got += answer.raw.read(wanted)
        if wanted == left:
            return got


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hub that has taken many reports, and was stopped."""
    folder = tmp_path_factory.mktemp("filled")
    with Server(folder) as server:
        done = imported(server.client, many(REPORTS, description="loss " * 200), 120)
        assert done["progress"]["created"] == REPORTS
        assert server.stop() == 0
    return folder


@pytest.fixture
def full(filled: Path, tmp_path: Path) -> Iterator[Server]:
    """A hub with many reports."""
    with Server(shutil.copytree(filled, tmp_path / "full"), name="full") as server:
        yield server


@pytest.mark.slow
def test_ten_thousand_reports_move_to_another_hub_over_broken_downloads(full: Server, tmp_path: Path) -> None:
    made = ended(full.client, ask(full.client, "exportJob", query="sort=-priority"), 60)
    path = f"{full.client.operations}/exportJob/{made['id']}/content"
    content = broken_download(full.client, path, random.Random(656))
    assert len(content) == made["progress"]["total"]
    (tmp_path / "second").mkdir()
    with Server(tmp_path / "second") as second:
        done = imported(second.client, content, 120)
        assert done["progress"]["created"] == REPORTS
        assert everything(second.client) == everything(full.client)


@pytest.mark.slow
def test_an_import_killed_again_and_again_takes_each_row_once(tmp_path: Path) -> None:
    dice = random.Random(630)
    bad = b'{"priority": 99}\n'
    count = 20_000
    with Server(tmp_path) as server:
        made = ask(server.client, "importJob")
        send(server.client, made, bad + many(count) + bad)
        seen: list[int] = []
        for threshold in sorted(dice.sample(range(1000, count - 1000), KILLS)):
            until(lambda least=threshold: job(server.client, made)["progress"]["read"] >= least, 60)  # type: ignore[misc]
            server.kill()
            server.start()
            seen.append(job(server.client, made)["progress"]["read"])
        done = ended(server.client, made, 120)
        reports = everything(server.client)
        records = int(
            server.client.get(f"{server.client.face}/serviceProblemEventRecord?limit=0").headers["X-Total-Count"]
        )
    assert any(0 < read < count for read in seen)
    progress = done["progress"]
    assert (progress["read"], progress["created"], progress["failed"]) == (count + 2, count, 2)
    assert {one["line"] for one in done["errorLog"]} == {1, count + 2}
    assert Counter(one["name"] for one in reports.values()) == Counter(f"ring {number}" for number in range(count))
    assert records == count + count // 5  # what is pending asks for information, too


@pytest.mark.slow
@pytest.mark.parametrize("content_type", [NDJSON, CSV])
def test_an_export_killed_again_and_again_has_each_report_once(full: Server, content_type: str) -> None:
    dice = random.Random(633)
    made = ask(full.client, "exportJob", contentType=content_type, query="sort=priority")
    seen: list[int] = []
    for _ in range(KILLS):
        least = job(full.client, made)["progress"]["read"] + dice.randrange(1, 1000)
        until(lambda enough=least: job(full.client, made)["progress"]["read"] >= min(enough, REPORTS), 60)  # type: ignore[misc]
        full.kill()
        full.start()
        seen.append(job(full.client, made)["progress"]["read"])
    done = ended(full.client, made, 60)
    assert (done["status"], done["progress"]["read"]) == ("Succeeded", REPORTS)
    content = full.client.get(f"{full.client.operations}/exportJob/{made['id']}/content").content
    assert len(content) == done["progress"]["total"]
    if content_type == NDJSON:
        rows = [json.loads(line) for line in content.splitlines()]
        assert {one["id"]: without(one, *HERE_ONLY) for one in rows} == everything(full.client)
        assert [one["priority"] for one in rows] == sorted(one["priority"] for one in rows)
    else:
        assert any(0 < read < REPORTS for read in seen)
        again = imported(full.client, content, 60, contentType=CSV, mode="upsert")
        assert again["progress"]["unchanged"] == again["progress"]["read"] == REPORTS


@pytest.mark.slow
def test_a_full_disk_fails_an_export_with_one_clear_sentence(full: Server) -> None:
    client = full.client
    whole = ended(client, ask(client, "exportJob"), 60)
    client.call("DELETE", f"{client.operations}/exportJob/{whole['id']}")
    # No file grows beyond this: room enough for the log of writes, and not for the content.
    end = (full.folder / "qos-hub.db-wal").stat().st_size + 1_000_000
    assert end < whole["progress"]["total"]
    resource.prlimit(full.pid, resource.RLIMIT_FSIZE, (end, resource.RLIM_INFINITY))
    done = ended(client, ask(client, "exportJob"), 60)
    assert done["status"] == "Failed"
    assert "cannot write" in done["errorLog"][0]["message"]
    assert not (full.folder / "qos-hub.db.jobs" / f"{done['id']}.content").exists()
    resource.prlimit(full.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert ended(client, ask(client, "exportJob"), 60)["status"] == "Succeeded"


def test_jobs_run_in_a_process_of_their_own(tmp_path: Path) -> None:
    with Server(tmp_path, "--roles", "api", name="api") as api:
        made = ask(api.client, "importJob")
        send(api.client, made, many(10))
        assert job(api.client, made)["status"] == "Not Started"
        with Server(tmp_path, "--roles", "jobs", name="jobs") as jobs:
            assert ended(api.client, made)["progress"]["created"] == 10
            assert jobs.stop() == 0
        assert len(everything(api.client)) == 10


@pytest.mark.skipif(shutil.which("curl") is None, reason="the how-to is written for curl, which is not installed")
def test_the_how_to_moves_reports(tmp_path: Path) -> None:
    """Its blocks, in their order: out as CSV, and JSON Lines in; the last ones start hubs and are not run here."""
    blocks = re.findall(r"^```sh\n(.*?)^```", HOW_TO.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert [block.split()[0] for block in blocks] == ["curl"] * 4 + ["qos-hub"]
    with Server(tmp_path) as server:
        client = server.client
        variables = {"HUB": f"{client.base_url}{client.operations}"}
        client.create(report())
        (tmp_path / "reports.ndjson").write_bytes(lines([report(status="resolved", name="ring")]))

        def run(block: str) -> bytes:
            shell = ["bash", "-euc", block]
            done = subprocess.run(
                shell, cwd=tmp_path, env={**os.environ, **variables}, capture_output=True, check=True
            )
            return done.stdout

        for ask_for, move in ((blocks[2], blocks[3]), (blocks[0], blocks[1])):
            made = json.loads(run(ask_for))
            variables["ID"] = made["id"]
            if made["@type"] == "ExportJob":
                ended(client, made)
            run(move)
            assert ended(client, made)["status"] == "Succeeded"
    header, row = (tmp_path / "reports.csv").read_text().splitlines()
    assert "ring" in row.split(",")
    assert len(header.split(",")) > 50
