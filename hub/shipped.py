"""Finds the files that travel with the program: the contract, the default settings and the mappings."""

from pathlib import Path

from hub.errors import HubError

PACKAGE = Path(__file__).resolve().parent


def openapi_dir() -> Path:
    """The folder with the contract."""
    return folder("openapi", holding="serviceProblem-v5.yaml")


def config_dir() -> Path:
    """The folder with the default settings and the shipped mappings."""
    return folder("config", holding="qos-hub.toml")


def folder(name: str, *, holding: str, package: Path = PACKAGE) -> Path:
    """`_shipped/<name>` inside the package (a wheel), else `<name>` beside it (a checkout).

    The file `holding` must be in it: `config` and `openapi` are common names, and what stands beside an installed
    package belongs to others.
    """
    candidates = (package / "_shipped" / name, package.parent / name)
    for candidate in candidates:
        if (candidate / holding).is_file():
            return candidate
    places = " nor ".join(str(candidate) for candidate in candidates)
    raise HubError(f"this installation is incomplete: {holding} is neither in {places}")
