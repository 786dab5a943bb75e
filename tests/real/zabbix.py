"""A real Zabbix on this machine: Debian's packages in a folder, a PostgreSQL of its own, PHP's own web server."""

import json
import socket
import struct
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.real.debian import free_port, libraries, run
from tests.real.postgresql import Postgresql
from tests.real.process import Background, Instance
from tests.real.zabbix_programs import DATABASE, SERVER, connected, install, low_port, php, php_options
from tests.rooms import until

READY_WITHIN = 60.0
ADMIN = ("Admin", "zabbix")
READER = ("reader", "reads-and-no-more")
BLIND = ("blind", "reads-nothing-at-all")


class Zabbix(Instance):
    """One instance with its data in `home`, to be used in a `with`. Its items are fed by the tests.

    The reader sees the hosts of the groups that were made here, the blind one sees none.
    """

    def __init__(self, *, cache: Path, home: Path) -> None:
        super().__init__(install(cache.resolve()), home)
        self._cache = cache
        self._database = Postgresql(cache=cache, home=self._home / "postgresql")
        self._server: Background | None = None
        self._server_port = 0
        self._token: str | None = None
        self._rights: list[dict[str, Any]] = []
        self._readers = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        run(["cp", "-a", str(self._program / "postgresql"), str(self._home)], self._home)
        self.start_database()
        self._port = free_port()
        self.start_server()
        self.start_frontend()
        self._token = self.call("user.login", {"username": ADMIN[0], "password": ADMIN[1]})
        self._create_users()

    def start_server(self) -> None:
        """The process that takes values and finds problems in them."""
        self._server_port = self._server_port or low_port()
        configuration = self._home / "server.conf"
        user, password, port = self._database.login
        configuration.write_text(
            SERVER.format(home=self._home, port=self._server_port, user=user, password=password, database=port)
        )
        self._server = Background(
            [str(self._program / "usr/sbin/zabbix_server"), "-f", "-c", str(configuration)],
            log=self._home / "server.log",
            environment={"LD_LIBRARY_PATH": libraries(self._program)},
        )
        self._server.wait_until(self._takes_values, within=READY_WITHIN)

    def start_frontend(self) -> None:
        """The process that answers the API."""
        self._process = Background(
            [str(php(self._program)), *php_options(self._program), "-S", f"127.0.0.1:{self._port}"],
            log=self._home / "frontend.log",
            folder=self._program / "usr/share/zabbix",
            environment=self._environment,
        )
        self._process.wait_until(self._is_ready, within=READY_WITHIN)

    def kill_server(self) -> None:
        if self._server is not None:
            self._server.kill()

    def kill(self) -> None:
        super().kill()
        self.kill_server()
        self._database.stop()

    def stop_database(self) -> None:
        """The frontend goes on without it."""
        self._database.stop()

    def start_database(self) -> None:
        self._database.__enter__()

    def create_group(self, name: str) -> str:
        group = str(self.call("hostgroup.create", {"name": name})["groupids"][0])
        self._rights.append({"id": group, "permission": 2})
        self.call("usergroup.update", {"usrgrpid": self._readers, "rights": self._rights})
        return group

    def hide_groups(self) -> None:
        """Take the rights away from the reader."""
        self.call("usergroup.update", {"usrgrpid": self._readers, "rights": []})

    def show_groups(self) -> None:
        self.call("usergroup.update", {"usrgrpid": self._readers, "rights": self._rights})

    def create_host(self, name: str, group: str, **attributes: Any) -> str:
        host = {"host": name, "groups": [{"groupid": group}], "interfaces": [], **attributes}
        return str(self.call("host.create", host)["hostids"][0])

    def create_triggers(self, host: str, *names: str, **attributes: Any) -> list[str]:
        """Triggers of a host that see a problem in a value below 3.5; each has an item of its own, of the same name."""
        (found,) = self.call("host.get", {"output": ["host"], "filter": {"host": [host]}})
        item = {"hostid": found["hostid"], "type": 2, "value_type": 0, "delay": "0"}
        self.call("item.create", [{**item, "name": name, "key_": name} for name in names])
        trigger = {"priority": 4, "manual_close": 1, **attributes}
        triggers = [{**trigger, "description": name, "expression": f"last(/{host}/{name})<3.5"} for name in names]
        made = self.call("trigger.create", triggers)["triggerids"]
        # The server takes values of new items before it knows their triggers, and does not look at them again. When it
        # has read an item that was made after it had read another, it has read all that was there before the first.
        for _ in range(2):
            self._wait_until_it_reads(host, item)
        return [str(one) for one in made]

    def _wait_until_it_reads(self, host: str, item: dict[str, Any]) -> None:
        key = f"made-{uuid4().hex}"
        self.call("item.create", {**item, "name": key, "key_": key})
        until(lambda: self._takes({"host": host, "key": key, "value": "0"}), within=READY_WITHIN)

    def report(self, host: str, value: float, *items: str, clock: int | None = None) -> None:
        """A value of each item, as an agent sends it."""
        at = {} if clock is None else {"clock": clock}
        assert self._takes(*({"host": host, "key": item, "value": str(value), **at} for item in items))

    def problems(self, *triggers: str) -> dict[str, str]:
        """{trigger: id of its problem} of the problems that go on."""
        found = self.call("problem.get", {"output": ["eventid", "objectid"], "objectids": list(triggers)})
        return {str(row["objectid"]): str(row["eventid"]) for row in found}

    def acknowledge(self, event: str, action: int, **fields: Any) -> None:
        """1 closes, 2 acknowledges, 4 writes a `message`, 8 sets a `severity`, 16 takes the acknowledgement back."""
        self.call("event.acknowledge", {"eventids": [event], "action": action, **fields})

    def create_token(self, user: str) -> str:
        (found,) = self.call("user.get", {"output": ["userid"], "filter": {"username": [user]}})
        (made,) = self.call("token.create", {"name": f"token of {user}", "userid": found["userid"]})["tokenids"]
        return str(self.call("token.generate", [made])[0]["token"])

    def call(self, method: str, params: Any) -> Any:
        """The result of a method of the API, as the administrator."""
        who = {"auth": self._token} if self._token else {}
        body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1, **who}
        answer = self._session.post(f"{self.url}/api_jsonrpc.php", json=body, timeout=30)
        answer.raise_for_status()
        content = answer.json()
        if "error" in content:
            raise AssertionError(f"{method}: {content['error']}")
        return content["result"]

    def execute(self, statement: str, *values: Any) -> int:
        """Change something in Zabbix's own tables; gives how many rows that were."""
        with connected(self._database, DATABASE) as connection:
            return connection.execute(statement.encode(), values).rowcount

    @property
    def _environment(self) -> dict[str, str]:
        user, password, port = self._database.login
        own = {"DATABASE": str(port), "USER": user, "PASSWORD": password}
        libraries_ = {"LD_LIBRARY_PATH": libraries(self._program)}
        return libraries_ | {f"QOS_HUB_ZABBIX_{name}": value for name, value in own.items()}

    def _create_users(self) -> None:
        (role,) = self.call("role.get", {"output": ["roleid"], "filter": {"name": ["User role"]}})
        for name, password in (READER, BLIND):
            (group,) = self.call("usergroup.create", {"name": f"group of {name}"})["usrgrpids"]
            who = {"username": name, "passwd": password, "roleid": role["roleid"]}
            self.call("user.create", {**who, "usrgrps": [{"usrgrpid": group}]})
            self._readers = self._readers or str(group)

    def _is_ready(self) -> bool:
        body = {"jsonrpc": "2.0", "method": "apiinfo.version", "params": [], "id": 1}
        answer = self._session.post(f"{self.url}/api_jsonrpc.php", json=body, timeout=10)
        return "result" in answer.json()

    def _takes_values(self) -> bool:
        try:
            return self._takes()
        except OSError:
            return False

    def _takes(self, *values: dict[str, Any]) -> bool:
        """Whether the server has taken all of these values: it knows their items."""
        answer = self._send({"request": "sender data", "data": values})
        return f"processed: {len(values)}; failed: 0;" in answer

    def _send(self, content: dict[str, Any]) -> str:
        """What the server answers to a sender of values."""
        body = json.dumps(content).encode()
        with socket.create_connection(("127.0.0.1", self._server_port), timeout=10) as peer:
            peer.sendall(b"ZBXD\x01" + struct.pack("<Q", len(body)) + body)
            answer = b""
            while part := peer.recv(4096):
                answer += part
        return answer[13:].decode()
