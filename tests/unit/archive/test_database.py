"""Which database the settings name."""

from pathlib import Path

import pytest

from archive.database import UnusableDatabase, open_database
from archive.settings import ArchiveSettings


def test_database_is_a_file_in_the_data_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setitem(ArchiveSettings.model_config, "env_file", None)
    settings = ArchiveSettings(data_dir=tmp_path)
    assert settings.effective_database_url == f"sqlite:///{tmp_path}/archive.sqlite3"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_known_by_its_usual_names(scheme: str) -> None:
    database = open_database(f"{scheme}://user@127.0.0.1:1/name")
    assert database.dialect.name == "postgresql"
    database.dispose()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:", "://"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(UnusableDatabase, match="DATABASE_URL"):
        open_database(url)


def test_folder_with_a_space_and_a_question_mark_works(tmp_path: Path) -> None:
    folder = tmp_path / "what is this?"
    folder.mkdir()
    database = open_database(f"sqlite:///{folder / 'archive.sqlite3'}".replace("?", "%3F"))
    database.connect().close()
    database.dispose()
    assert len(list(tmp_path.iterdir())) == 1
