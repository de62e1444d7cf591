"""Every setting can be found where a user looks for it."""

from pathlib import Path

import pytest

from archive.settings import ArchiveSettings
from launcher.settings import LauncherSettings

EXAMPLE = (Path(__file__).parents[2] / ".env.example").read_text()
NAMES = sorted({*LauncherSettings.model_fields, *ArchiveSettings.model_fields})


@pytest.mark.parametrize("name", NAMES)
def test_setting_is_in_the_example_file(name: str) -> None:
    assert f"# {name.upper()}=" in EXAMPLE
