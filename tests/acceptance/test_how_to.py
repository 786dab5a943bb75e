"""The how-to for authors of clients is true: its blocks run, in their order, against a real hub and a real listener."""

import re
from pathlib import Path
from typing import Any

from tests.acceptance.running import Server
from tests.fakes.listener import Listener

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-client.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_a_client_can_be_written_by_the_how_to(tmp_path: Path) -> None:
    blocks = BLOCK.findall(HOW_TO.read_text("utf-8"))
    assert len(blocks) >= 12
    with Listener() as listener, Server(tmp_path) as server:
        names: dict[str, Any] = {"URL": server.client.base_url, "CALLBACK": listener.url("/qos")}
        for number, block in enumerate(blocks, start=1):
            if number == len(blocks):  # the last one unregisters
                listener.wait_for(2)
            exec(compile(block, f"{HOW_TO.name}, block {number}", "exec"), names)
        for received in listener.received():
            assert names["is_from_the_hub"](received.headers, received.body)
            assert not names["is_from_the_hub"](received.headers, received.body + b" ")
        names["hub"].close()
