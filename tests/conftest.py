"""What all tests share: the fixtures that start real trouble systems."""

from pathlib import Path

HERE = Path(__file__).parent

pytest_plugins = ["tests.real.fixtures"] if (HERE / "real" / "fixtures.py").is_file() else []
