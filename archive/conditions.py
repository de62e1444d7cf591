"""Conditions that several questions have."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select


def equal(query: Select[Any], column: ColumnElement[Any], value: str | None) -> Select[Any]:
    """Add that `column` has the value; None: any."""
    return query if value is None else query.where(column == value)


def within(
    query: Select[Any],
    table: Table,
    time: ColumnElement[int],
    start: int | None,
    end: int | None,
) -> Select[Any]:
    """Add bounds of time as bounds of numbers, which grow with time and are in every index."""
    number = table.c.number
    if start is not None:
        first = select(number).where(time >= start).order_by(time, number).limit(1)
        query = query.where(number >= first.scalar_subquery())
    if end is not None:
        last = select(number).where(time < end).order_by(time.desc(), number.desc()).limit(1)
        query = query.where(number <= last.scalar_subquery())
    return query
