"""Where settings come from, which place wins, and what is said of a wrong one."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from hub.errors import InvalidSettings
from hub.settings import Settings, load_settings, seconds
from hub.settings.layers import VARIABLES

DIGEST = "5" * 64
CHOICES = {"synchronous", "transport", "level", "format", "handshake", "listen", "endpoint"} | {
    "protection",
    "password",
    "sender",
    "content",
}


def load(tmp_path: Path, text: str = "", environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    path = tmp_path / "operator.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environ or {}, {key.replace("__", "."): value for key, value in overrides.items()})


def refusals(
    tmp_path: Path, text: str = "", environ: Mapping[str, str] | None = None, **overrides: Any
) -> list[str]:
    with pytest.raises(InvalidSettings) as refused:
        load(tmp_path, text, environ, **overrides)
    return [violation.sentence() for violation in refused.value.violations]


def test_without_a_file_the_shipped_settings_are_in_force() -> None:
    settings = load_settings(None, {}, {})
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8080)
    assert settings.delivery.allowed_networks == ()
    assert settings.sources == {}


def test_each_place_wins_over_the_one_before(tmp_path: Path) -> None:
    file = "[server]\nport = 1001"
    variable = {"QOS_HUB_SERVER_PORT": "1002"}
    assert load(tmp_path).server.port == 8080
    assert load(tmp_path, file).server.port == 1001
    assert load(tmp_path, file, variable).server.port == 1002
    assert load(tmp_path, file, variable, server__port=1003).server.port == 1003


def test_an_option_that_is_not_given_overrides_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "[server]\nport = 1001", server__port=None).server.port == 1001


def test_the_default_schedule_lasts_more_than_75_hours() -> None:
    assert sum(load_settings(None, {}, {}).delivery.schedule) >= 75 * 3600


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (15, 15.0),
        (0.5, 0.5),
        (0, 0.0),
        ("15", 15.0),
        ("500ms", 0.5),
        ("5s", 5.0),
        ("15m", 900.0),
        ("2h", 7200.0),
        ("1.5h", 5400.0),
        ("3d", 259200.0),
        (" 15 m ", 900.0),
    ],
)
def test_a_duration_has_one_reading(given: object, expected: float) -> None:
    assert seconds(given) == expected


@pytest.mark.parametrize(
    "given", ["", "5x", "m", "-5s", "1h30m", "1e3", -1, True, float("inf"), float("nan"), [5]]
)
def test_what_is_not_a_duration_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(given)


@pytest.mark.parametrize(
    ("variable", "text", "key", "expected"),
    [
        ("QOS_HUB_SERVER_PORT", "0", "server.port", 0),
        ("QOS_HUB_SERVER_ROLES", "api, delivery", "server.roles", ("api", "delivery")),
        ("QOS_HUB_STORE_DATABASE", "/var/lib/hub.db", "store.database", "/var/lib/hub.db"),
        ("QOS_HUB_SECURITY_API_KEYS", f"ann:{DIGEST}", "security.api_keys", (f"ann:{DIGEST}",)),
        ("QOS_HUB_SECURITY_API_KEYS", "", "security.api_keys", ()),
        ("QOS_HUB_DELIVERY_DEADLINE", "2s", "delivery.deadline", 2.0),
        ("QOS_HUB_DELIVERY_JITTER", "0", "delivery.jitter", 0.0),
        ("QOS_HUB_DELIVERY_SCHEDULE", "1,2s,3m", "delivery.schedule", (1.0, 2.0, 180.0)),
        (
            "QOS_HUB_DELIVERY_ALLOWED_NETWORKS",
            "127.0.0.0/8,10.1.0.0/16,fd00::/8",
            "delivery.allowed_networks",
            (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("fd00::/8")),
        ),
    ],
)
def test_a_variable_is_read_as_the_type_of_its_setting(
    tmp_path: Path, variable: str, text: str, key: str, expected: object
) -> None:
    settings = load(tmp_path, environ={variable: text})
    section, name = key.split(".")
    assert getattr(getattr(settings, section), name) == expected


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_setting_has_its_variable(tmp_path: Path, variable: str) -> None:
    section, name = VARIABLES[variable]
    assert variable == f"QOS_HUB_{section}_{name}".upper()
    if isinstance(getattr(getattr(load(tmp_path), section), name), str) and name not in CHOICES:
        assert getattr(getattr(load(tmp_path, environ={variable: "?"}), section), name) == "?"
    else:
        assert f"({variable})" in "".join(refusals(tmp_path, environ={variable: "?"}))


def test_a_text_on_the_command_line_is_read_like_a_variable(tmp_path: Path) -> None:
    assert load(tmp_path, server__roles="api,intake").server.roles == ("api", "intake")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[server]\nprot = 8080", "[server] prot: is not a setting; did you mean [server] port? ({file}: 8080)"),
        (
            "[server]\ndeadline = 5",
            "[server] deadline: is not a setting; did you mean [delivery] deadline? ({file}: 5)",
        ),
        ("[servr]\nport = 1", "[servr]: is not a section; did you mean server? ({file})"),
        ("port = 1", "port: is not a section: write it as a table ({file}: 1)"),
        (
            '[server]\nport = "8080"',
            '[server] port: must be a whole number from 0 to 65535, not "8080" ({file})',
        ),
        ("[server]\nport = 65536", "[server] port: must be a whole number from 0 to 65535, not 65536 ({file})"),
        ("[server]\nport = true", "[server] port: must be a whole number from 0 to 65535, not true ({file})"),
        (
            '[server]\nroles = ["api", "cook"]',
            '[server] roles: must be a list with one or more of api, intake, delivery, jobs, not "cook" ({file})',
        ),
        (
            "[server]\nroles = []",
            "[server] roles: must be a list with one or more of api, intake, delivery, jobs, not [] ({file})",
        ),
        ('[store]\nsynchronous = "OFF"', '[store] synchronous: must be one of FULL, NORMAL, not "OFF" ({file})'),
        (
            '[delivery]\nallowed_networks = ["10.0.0.0/8", "10.1.2.3/16"]',
            '[delivery] allowed_networks: must be a list of networks, such as ["10.1.0.0/16", "fd00::/8"], '
            'not "10.1.2.3/16" ({file})',
        ),
        ("[delivery]\njitter = 0.95", "[delivery] jitter: must be a number from 0 to 0.9, not 0.95 ({file})"),
        (
            "[delivery]\nschedule = []",
            '[delivery] schedule: must be a list with one or more durations, such as ["5s", "15m", "2h"], '
            "not [] ({file})",
        ),
        (
            "[delivery]\norder_patience = 0",
            '[delivery] order_patience: must be a duration of at least 0.001 seconds, such as 15, "15s" or "2h", '
            "not 0 ({file})",
        ),
        (
            "[delivery]\nlease = 20",
            "[delivery] lease: must be longer than [delivery] deadline (15 s) by more than 5 seconds, not 20 s "
            "({file}): a slow attempt would be made twice",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_place_and_value(tmp_path: Path, text: str, sentence: str) -> None:
    assert refusals(tmp_path, text) == [sentence.format(file=tmp_path / "operator.toml")]


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    assert refusals(tmp_path, environ={"QOS_HUB_SERVER_PORT": "http"}) == [
        '[server] port: must be a whole number from 0 to 65535, not "http" (QOS_HUB_SERVER_PORT)'
    ]
    assert refusals(tmp_path, environ={"QOS_HUB_SERVER_PROT": "1"}) == [
        'QOS_HUB_SERVER_PROT: is not a variable of the hub; did you mean QOS_HUB_SERVER_PORT? (environment: "1")'
    ]


def test_variables_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, environ={"SERVER_PORT": "x", "QOS_HUBCAP": "x", "PATH": "/bin"}) == load(tmp_path)


def test_a_wrong_option_of_the_command_line_is_named(tmp_path: Path) -> None:
    assert refusals(tmp_path, log__level="loud") == [
        '[log] level: must be one of debug, info, warning, error, not "loud" (command line)'
    ]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = '[server]\nport = "x"\nprot = 1\n[log]\nlevel = 3\n[sources.desk]\nenabled = "no"'
    told = refusals(tmp_path, text, {"QOS_HUB_STORE_SYNC": "1"})
    assert [sentence.split(": ")[0] for sentence in told] == [
        "[server] prot",
        "QOS_HUB_STORE_SYNC",
        "[server] port",
        "[log] level",
        "[sources.desk] adapter",
        "[sources.desk] enabled",
    ]


def test_a_credential_is_never_shown(tmp_path: Path) -> None:
    text = '[security]\napi_keys = ["ann:hunter2"]\napi_key = "hunter2"\n'
    text += '[sources.desk]\nadapter = "roundup"\npasword = "hunter2"\noptions = "hunter2"'
    told = refusals(tmp_path, text, {"QOS_HUB_SECURITY_KEYS": "hunter2", "QOS_HUB_DESK_PASSWORD": "hunter2"})
    assert len(told) == 6
    assert "hunter2" not in "\n".join(told)


def test_a_file_that_is_not_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"operator\.toml cannot be read: .*line 2"):
        load(tmp_path, "[server]\nport 8080")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"nowhere\.toml cannot be read: No such file or directory"):
        load_settings(tmp_path / "nowhere.toml", {}, {})


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b'[api]\noriginating_system = "Z\xfcrich"')
    with pytest.raises(InvalidSettings, match=r"latin\.toml cannot be read: .*utf-8"):
        load_settings(path, {}, {})


def test_a_source_has_defaults_for_all_but_its_adapter(tmp_path: Path) -> None:
    settings = load(tmp_path, '[sources.desk]\nadapter = "roundup"\n[intake]\ninterval = "7s"')
    desk = settings.sources["desk"]
    assert (desk.name, desk.adapter, desk.mapping_name) == ("desk", "roundup", "roundup")
    assert (desk.enabled, desk.backfill_notify, desk.options) == (True, False, {})
    assert settings.interval_of(desk) == 7.0


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("all", "all"),
        ("open", "open"),
        ("since 2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("since 2026-01-31T06:00:00+02:00", "2026-01-31T06:00:00+02:00"),
    ],
)
def test_a_backfill_is_a_word_or_a_date(tmp_path: Path, text: str, kept: str) -> None:
    settings = load(tmp_path, f'[sources.desk]\nadapter = "roundup"\nbackfill = "{text}"\nreconcile = ""')
    assert (settings.sources["desk"].backfill, settings.sources["desk"].reconcile) == (kept, 0.0)


@pytest.mark.parametrize("text", ["closed", "since", "since yesterday", "2026-01-31", "since 2026-01-31 all"])
def test_another_backfill_is_refused_with_what_it_can_be(tmp_path: Path, text: str) -> None:
    (told,) = refusals(tmp_path, f'[sources.desk]\nadapter = "roundup"\nbackfill = "{text}"')
    assert told.startswith('[sources.desk] backfill: must be "all", "open", or "since" and a date')


def test_a_source_may_have_its_own_mapping_interval_and_options(tmp_path: Path) -> None:
    text = '[sources.desk]\nadapter = "roundup"\nmapping = "ours"\ninterval = "1m"\noptions = { url = "http://t" }'
    settings = load(tmp_path, text)
    desk = settings.sources["desk"]
    assert (desk.mapping_name, settings.interval_of(desk), desk.options) == ("ours", 60.0, {"url": "http://t"})


@pytest.mark.parametrize("name", ["Desk", "help desk", "", "-desk", "d" * 65])
def test_a_source_needs_a_plain_name(tmp_path: Path, name: str) -> None:
    (told,) = refusals(tmp_path, f'[sources."{name}"]\nadapter = "roundup"')
    assert told.startswith(f"[sources.{name}]: a source's name has only small letters, digits, _ and -")


def test_a_source_that_is_not_a_table_is_refused(tmp_path: Path) -> None:
    (told,) = refusals(tmp_path, '[sources]\ndesk = "roundup"')
    assert told.startswith('[sources.desk]: must be a table, not "roundup"')


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ('file = "a.csv"\nurl = "https://a/"', ["[lists.noc]: names one place to read the list from"]),
        ("", ["[lists.noc]: names one place to read the list from"]),
        ('url = "https://hunter2@a/"', ["[lists.noc] url: must hold no name and no password"]),
        ('url = "https://ann:hunter2@a/"', ["[lists.noc] url: must hold no name and no password"]),
        ('url = "https://ann:hunter2@[::1"', ["[lists.noc] url: must hold no name and no password"]),
        ('url = "https://a/"\ntoken = "hunter2"', ["[lists.noc] token: must be a reference to a secret"]),
        ('file = "a.csv"\ntoken = "env:A"', ["[lists.noc] token: is for a list that has a `url`"]),
        ('url = "https://a/"\ntoken_header = "A"', ["[lists.noc] token_header: is for a list that has a `token`"]),
        (
            'url = "https://a/"\ntoken = "env:A"\ntoken_header = "A: B"',
            ['[lists.noc] token_header: must be the name of a header field, such as "X-API-Key"'],
        ),
        ('url = "https://a/"\nallowed_networks = ["10.1"]', ["[lists.noc] allowed_networks: must be a list of"]),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_and_no_secret_is_shown(
    tmp_path: Path, text: str, sentences: list[str]
) -> None:
    told = refusals(tmp_path, f"[lists.noc]\n{text}")
    assert [one[: len(sentence)] for one, sentence in zip(told, sentences, strict=True)] == sentences
    assert "hunter2" not in "\n".join(told)


def test_the_address_of_a_list_may_have_a_token_and_networks_of_its_own(tmp_path: Path) -> None:
    text = (
        'url = "https://a/"\ntoken = "file:/etc/token"\ntoken_header = "X-Key"\nallowed_networks = ["10.1.0.0/16"]'
    )
    one = load(tmp_path, f"[lists.noc]\n{text}").lists["noc"]
    assert (one.token, one.token_header, one.allowed_networks) == (
        "file:/etc/token",
        "X-Key",
        (ip_network("10.1.0.0/16"),),
    )


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("", "http://127.0.0.1:8080"),
        ('host = "::1"\nport = 81', "http://[::1]:81"),
        ('public_url = "https://qos.example.com/"', "https://qos.example.com"),
    ],
)
def test_links_begin_with_the_public_address_or_where_we_listen(
    tmp_path: Path, server: str, expected: str
) -> None:
    assert load(tmp_path, f"[server]\n{server}").server.base_url == expected


def test_the_key_file_stands_beside_the_database_unless_it_is_named(tmp_path: Path) -> None:
    assert load(tmp_path, store__database="/var/lib/hub.db").key_file == Path("/var/lib/hub.db.key")
    assert load(tmp_path, security__key_file="/etc/hub.key").key_file == Path("/etc/hub.key")
