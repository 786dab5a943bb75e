"""The settings that an adapter's README shows are such that the adapter takes."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.intake.adapters import make_source
from hub.settings import SourceSettings

READMES = sorted((Path(__file__).parents[2] / "adapters").glob("*/README.md"))
EXAMPLE = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r'"env:(\w+)"')
A_SECRET = "a-secret-for-the-example"


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_an_adapter_takes_the_settings_of_its_readme(
    readme: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    examples = EXAMPLE.findall(readme.read_text())
    assert examples
    for example in examples:
        for variable in VARIABLE.findall(example):
            monkeypatch.setenv(variable, A_SECRET)
        sources: dict[str, dict[str, Any]] = tomllib.loads(example)["sources"]
        for name, source in sources.items():
            assert source["adapter"] == readme.parent.name
            if "ca_file" in source["options"]:
                source["options"]["ca_file"] = str(tmp_path / "ca.pem")
            make_source(name, SourceSettings(name=name, **source))
