"""Writes a configuration to begin with: the shipped settings, and a folder for mapping files."""

from collections.abc import Iterator
from pathlib import Path

from hub import shipped
from hub.errors import HubError

SETTINGS = "qos-hub.toml"
MAPPINGS = "sources"


def initialise(folder: Path) -> Iterator[str]:
    """Write what is missing in the folder and say so; a file that is there is never touched.

    Raises HubError when the settings file exists, or nothing can be written.
    """
    target = folder / SETTINGS
    try:
        (folder / MAPPINGS).mkdir(parents=True, exist_ok=True)
        with target.open("x") as file:
            file.write((shipped.config_dir() / SETTINGS).read_text())
    except FileExistsError as error:
        raise HubError(f"{target} exists; it is left as it is") from error
    except OSError as error:
        raise HubError(f"cannot write {target}: {error.strerror}") from error
    yield f"wrote {target}: every setting with its default and what it means"
    yield f"made  {folder / MAPPINGS}/: mapping files of your own go here, with [intake] mappings set to it"
    yield f"next: qos-hub check --config {target}, then qos-hub serve --config {target}"
