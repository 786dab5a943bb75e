"""Secrets are named, never written: the environment, a file or a command has them."""

import os
import shlex
import subprocess
from pathlib import Path

COMMAND_TIME = 10.0
"""Seconds within which a command has to say the secret."""

FORMS = "a secret is given by reference, as env:NAME, file:/path or command:/path/to/program, never as plain text"


def secret(reference: str) -> str:
    """What `env:NAME`, `file:/path` or `command:program arguments` refers to.

    A command is run without a shell; its output, without white space around it, is the secret. Raises ValueError that
    never contains the secret.
    """
    kind, _, place = reference.partition(":")
    read = {"env": _from_environment, "file": _from_file, "command": _from_command}.get(kind)
    if read is None or not place.strip():
        raise ValueError(FORMS)
    return read(place)


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ValueError(f"env:{name}: the environment has no such variable, or it is empty")
    return value


def _from_file(path: str) -> str:
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"file:{path}: the file cannot be read") from error
    if not value:
        raise ValueError(f"file:{path}: the file is empty")
    return value


def _from_command(line: str) -> str:
    """What the command wrote on its way to fail is not told: it may be the secret. Nor are its arguments."""
    try:
        program, *arguments = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"command: the line cannot be read: {error}") from None
    try:
        ended = subprocess.run(
            [program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_TIME, check=False
        )
        value = ended.stdout.decode("utf-8").strip()
    except subprocess.TimeoutExpired:
        raise ValueError(f"command:{program}: it said nothing within {COMMAND_TIME:g} s") from None
    except OSError as error:
        raise ValueError(f"command:{program}: it cannot be run: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"command:{program}: what it says is no text") from None
    if ended.returncode:
        raise ValueError(f"command:{program}: it ended with {ended.returncode}")
    if not value:
        raise ValueError(f"command:{program}: it said nothing")
    return value
