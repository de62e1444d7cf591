"""Conditions that several questions have."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select

from protocol.shards import MAX_SHARDS


def equal(query: Select[Any], column: ColumnElement[Any], value: str | None) -> Select[Any]:
    """Add that `column` has the value; None: any."""
    return query if value is None else query.where(column == value)


def of_shard(query: Select[Any], number: ColumnElement[int], shard: int | None) -> Select[Any]:
    """Add that the order's number in the exchange's count is a shard's; None: any.

    Orders from before there were numbers are the first one's.
    """
    if shard is None:
        return query
    return query.where(func.coalesce(number, 0) % MAX_SHARDS == shard - 1)


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
