"""How a driver is told to encrypt what it sends, and to check whose certificate the server has."""

import ssl
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import certifi
from marshmallow import ValidationError
from sqlalchemy import URL

Arguments = Mapping[str, Any]
"""What a driver is given beside the address."""


def _libpq(ca: str | None) -> Arguments:
    return {"sslmode": "require"} if ca is None else {"sslmode": "verify-full", "sslrootcert": ca}


def _pg8000(ca: str | None) -> Arguments:
    context = ssl.create_default_context(cafile=ca)
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return {"ssl_context": context}


def _pymysql(ca: str | None) -> Arguments:
    if ca is None:
        return {"ssl": {"check_hostname": False, "verify_mode": "none"}}
    return {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _mysqlconnector(ca: str | None) -> Arguments:
    return {} if ca is None else {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _mysqldb(ca: str | None) -> Arguments:
    return {"ssl_mode": "REQUIRED"} if ca is None else {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": ca}}


def _mariadbconnector(ca: str | None) -> Arguments:
    return {"ssl": True} if ca is None else {"ssl": True, "ssl_ca": ca, "ssl_verify_cert": True}


DRIVERS: Mapping[str, Callable[[str | None], Arguments]] = {
    "psycopg": _libpq,
    "psycopg2": _libpq,
    "pg8000": _pg8000,
    "pymysql": _pymysql,
    "mysqlconnector": _mysqlconnector,
    "mysqldb": _mysqldb,
    "mariadbconnector": _mariadbconnector,
}
"""How each driver is asked for TLS: with the file of the authorities, or None for any certificate."""


def tls_of(url: URL, *, verify: bool | None, ca_file: str | None) -> Arguments:
    """TLS with a server that is not on this machine, and with any where an option asks for it.

    Raises marshmallow's ValidationError for options that could not be kept.
    """
    name = "verify" if ca_file is None else "ca_file"
    asked = verify is not None or ca_file is not None
    driver = DRIVERS.get(url.get_driver_name())
    if driver is None:
        if asked:
            raise ValidationError(f"the hub cannot switch on TLS for {url.drivername}: say it in url", name)
        return {}
    if _says_itself(url):
        if asked:
            raise ValidationError("url speaks of TLS itself: leave one of the two out", name)
        return {}
    if ca_file is not None and Path(ca_file).is_dir():
        raise ValidationError(f"{ca_file}: a database needs a file of certificates", "ca_file")
    if not (verify or ca_file) and _is_here(url):
        return {}
    made = driver(None if verify is False else ca_file or certifi.where())
    return {key: value for key, value in made.items() if key not in url.query}


def _says_itself(url: URL) -> bool:
    """For PostgreSQL `sslmode` decides; the drivers of MySQL make one setting of all that begins so."""
    if DRIVERS[url.get_driver_name()] is _libpq:
        return "sslmode" in url.query
    return any(name.startswith("ssl") for name in url.query)


def _is_here(url: URL) -> bool:
    """Whether the server is on this machine. libpq takes a host that is missing from its environment."""
    _, given = url.get_dialect()().create_connect_args(url)
    if "unix_socket" in given:
        return True
    hosts = [host for key in ("host", "hostaddr") if key in given for host in str(given[key]).split(",")]
    if not hosts:
        return DRIVERS[url.get_driver_name()] is not _libpq
    return all(map(_is_local, hosts))


def _is_local(host: str) -> bool:
    if host == "localhost" or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
