"""The programs of a Zabbix out of Debian's packages: its server, its frontend in PHP, and a database to copy."""

import contextlib
import gzip
import random
import socket
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.real.debian import move_paths, unpack
from tests.real.postgresql import Postgresql

PACKAGES = (
    "zabbix-server-pgsql",
    "zabbix-frontend-php",
    *(f"php-{part}" for part in ("cli", "pgsql", "mbstring", "bcmath", "xml", "gd")),
)
EXTENSIONS = ("gettext", "mbstring", "bcmath", "ctype", "pgsql", "sockets", "dom", "xmlreader", "xmlwriter", "gd")
DATABASE = "zabbix"
FRONTEND = """<?php
$DB['TYPE'] = 'POSTGRESQL'; $DB['SERVER'] = '127.0.0.1'; $DB['PORT'] = getenv('QOS_HUB_ZABBIX_DATABASE');
$DB['DATABASE'] = 'zabbix'; $DB['USER'] = getenv('QOS_HUB_ZABBIX_USER');
$DB['PASSWORD'] = getenv('QOS_HUB_ZABBIX_PASSWORD'); $DB['SCHEMA'] = ''; $DB['DOUBLE_IEEE754'] = true;
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
"""
# One process of each kind, and a look at what is configured every second: an item is known a moment after it was made.
SERVER = """
DBHost=127.0.0.1
DBPort={database}
DBName=zabbix
DBUser={user}
DBPassword={password}
ListenIP=127.0.0.1
ListenPort={port}
LogType=console
SocketDir={home}
PidFile={home}/server.pid
AlertScriptsPath={home}
ExternalScripts={home}
AllowRoot=1
CacheUpdateFrequency=1
StartPollers=1
StartPollersUnreachable=1
StartTrappers=1
StartPingers=0
StartDiscoverers=0
StartHTTPPollers=0
StartHistoryPollers=1
StartDBSyncers=1
StartPreprocessors=1
StartLLDProcessors=1
StartAlerters=1
StartEscalators=1
StartTimers=1
"""


def install(cache: Path) -> Path:
    """The folder of the programs with a database to copy, made on the first call."""
    home = cache / "zabbix"
    unpack(home, *PACKAGES, finish=lambda: _make_usable(cache, home))
    return home


def _make_usable(cache: Path, home: Path) -> None:
    """Let the frontend find its configuration below `home`, and fill a database that each instance then copies."""
    move_paths(home / "usr/share/zabbix/include/classes/core/CConfigFile.php", home)
    (home / "etc/zabbix/zabbix.conf.php").write_text(FRONTEND)
    with Postgresql(cache=cache, home=home / "postgresql") as server:
        with connected(server, "postgres") as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}".encode())
        with connected(server, DATABASE) as connection:
            for part in ("schema", "images", "data"):
                packed = (home / f"usr/share/zabbix-server-pgsql/{part}.sql.gz").read_bytes()
                connection.execute(gzip.decompress(packed))


def connected(server: Postgresql, database: str) -> psycopg.Connection:
    """A connection to one of its databases; each statement is a transaction of its own."""
    user, password, port = server.login
    return psycopg.connect(f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}", autocommit=True)


def low_port() -> int:
    """A port that is free, of those that the server takes: none is above 32767."""
    while True:
        port = random.randrange(20_000, 32_768)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def php(home: Path) -> Path:
    (program,) = (path for path in (home / "usr/bin").glob("php*") if path.name[3:4].isdigit())
    return program


def php_options(home: Path) -> Sequence[str]:
    (modules,) = (home / "usr/lib/php").glob("*/pgsql.so")
    extensions = [word for name in EXTENSIONS for word in ("-d", f"extension={name}")]
    settings = {"max_execution_time": 300, "memory_limit": "256M", "post_max_size": "16M", "log_errors": 1}
    options = [word for name, value in settings.items() for word in ("-d", f"{name}={value}")]
    cached = ["-d", "zend_extension=opcache", "-d", "opcache.enable_cli=1"]
    return ["-n", "-d", f"extension_dir={modules.parent}", *extensions, *cached, *options]
