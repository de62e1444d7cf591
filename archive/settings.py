"""Settings of the archive, on top of those that all services share."""

from pydantic import Field

from protocol.settings import Settings

_FILE = "archive.sqlite3"


class ArchiveSettings(Settings):
    """The archive's own beside those of all.

    `DATABASE_URL`: a PostgreSQL or SQLite database; by default a file in the data folder.
    `ARCHIVE_RETENTION_DAYS`, `ARCHIVE_RETENTION_ROWS`: what is older, or beyond the newest so many
    rows, is deleted; without them everything is kept.
    """

    database_url: str | None = None
    archive_retention_days: float | None = Field(default=None, gt=0)
    archive_retention_rows: int | None = Field(default=None, ge=1)

    @property
    def effective_database_url(self) -> str:
        """The named database, else the file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / _FILE}"
