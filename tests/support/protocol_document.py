"""PROTOCOL.md as headings and tables."""

import re
from itertools import groupby
from typing import NamedTuple

_HEADING = re.compile(r"(#+) (.+)")
_NAME = re.compile(r"`([^`]+)`")
_SEPARATOR = re.compile(r"(?<!\\)\|")


class Table(NamedTuple):
    """A table: the cells of its head, and those of each row."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]

    @property
    def cells(self) -> list[str]:
        """All of them."""
        return [cell for row in (self.head, *self.rows) for cell in row]

    @property
    def names(self) -> set[str]:
        """What the first column has between backticks."""
        return {name for row in self.rows for name in _NAME.findall(row[0])}


class Section(NamedTuple):
    """What stands under a heading, as far as the next one; `chapter` is its number, 0 for none."""

    chapter: int
    title: str
    text: str
    tables: list[Table]

    def find_table(self, head: str) -> Table | None:
        """The table whose first column is headed so."""
        return next((table for table in self.tables if table.head[0] == head), None)


def read_sections(text: str) -> list[Section]:
    """Every heading of the document, in order."""
    sections: list[Section] = []
    chapter = 0
    for title, level, body in _split(text):
        if level == 2:
            chapter = int(title.partition(".")[0])
        sections.append(Section(chapter, title, body, _read_tables(body)))
    return sections


def slugify(title: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _split(text: str) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, list[str]]] = []
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            found.append((heading[2], len(heading[1]), []))
        elif found:
            found[-1][2].append(line)
    return [(title, level, "\n".join(lines)) for title, level, lines in found]


def _read_tables(body: str) -> list[Table]:
    grouped = groupby(body.splitlines(), key=lambda line: line.startswith("|"))
    return [_read_table(list(lines)) for is_table, lines in grouped if is_table]


def _read_table(lines: list[str]) -> Table:
    head, _, *rows = map(_split_row, lines)
    return Table(head, rows)


def _split_row(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in _SEPARATOR.split(line)[1:-1])
