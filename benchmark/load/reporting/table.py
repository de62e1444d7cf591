"""A load's result as text, and as JSON."""

import math

from benchmark.load.options import BATCH, LIST, SINGLE, WEBSOCKET, Plan
from benchmark.load.reporting.result import REQUIRED_RATE, Result
from benchmark.load.reporting.stages import explain_stages
from benchmark.shared.latency import Latency

_COLUMNS = ("p50", "p95", "p99", "p99.9", "max")


def describe_plan(plan: Plan) -> str:
    """Describe what is about to be sent."""
    return f"{plan.rate:,.0f} orders a second for {plan.seconds:g} s: {describe_flow(plan)}"


def describe_flow(plan: Plan) -> str:
    """Describe the flow, whatever its rate."""
    flow = f"recorded {plan.replay.name}" if plan.replay else plan.flow
    connections = "" if plan.mode == LIST else f", {plan.connections} connections"
    way = {
        SINGLE: "one order a request",
        BATCH: f"{plan.batch} orders a request",
        WEBSOCKET: "one order a command",
    }
    return (
        f"{flow}, {', '.join(plan.symbols)}, "
        f"{way.get(plan.mode, 'straight into the list')}{connections}"
    )


def format_result(result: Result, mode: str) -> str:
    """Format the table, the processes, what went wrong, and the verdict as the last line."""
    parts = [_format_counts(result), _format_latencies(result, mode), _format_usages(result)]
    parts += [f"refused {times:,} times: {why}" for why, times in result.refused.items()]
    parts += [f"WARNING: {result.warning}"] if result.warning else []
    return "\n".join([*parts, format_verdict(result)])


def format_verdict(result: Result) -> str:
    """Say in one line whether the requirement is met."""
    if result.is_complete and result.offered_rate <= REQUIRED_RATE:
        return (
            f"requirement not tested: {result.offered_rate:,.0f} a second offered, it is about more"
            f" than {REQUIRED_RATE:,}; nothing lost, doubled or refused"
        )
    verdict = "PASS" if result.passes else "FAIL"
    return (
        f"{verdict}: more than {REQUIRED_RATE:,} orders a second accepted, matched and seen, none"
        f" lost: {result.seen_rate:,.0f} a second, {result.lost} lost, {_count_doubled(result)}"
        f" doubled, {sum(result.refused.values())} refused"
    )


def to_json(result: Result, plan: Plan) -> dict[str, object]:
    """Return all of it, latencies in milliseconds; `hdr` is for HdrHistogram's tools, in µs."""
    stages = {
        name: {
            "count": len(histogram),
            **_to_finite(histogram.summarize()),
            "hdr": histogram.encode(),
        }
        for name, histogram in result.stages.items()
    }
    left_out = {"stages", "matching", "commit", "costs"}
    numbers = {name: value for name, value in vars(result).items() if name not in left_out}
    return {
        "passes": result.passes,
        "plan": {**plan._asdict(), "api_key": None, "replay": str(plan.replay or "") or None},
        **numbers,
        "stages_ms": stages,
        "engine_matching_ms": result.matching and _to_finite(result.matching),
        "engine_commit_ms": result.commit and _to_finite(result.commit),
        "processes": [usage._asdict() for usage in result.costs.usages],
        "other_programs_cores": result.costs.other_cores,
        "warning": result.warning,
    }


def _to_finite(latency: Latency) -> dict[str, float | None]:
    """Return None for what lies beyond a histogram's last bound, as JSON has no infinity."""
    return {
        name: value if math.isfinite(value) else None for name, value in latency._asdict().items()
    }


def _count_doubled(result: Result) -> int:
    return result.matched_twice + result.repeated_trade_ids + result.repeated_reports


def _format_counts(result: Result) -> str:
    return f"""
orders       {result.orders:>10,}   offered {result.offered_rate:,.0f} a second
accepted     {result.accepted:>10,}   {result.accepted_rate:,.0f} a second
seen         {result.seen:>10,}   {result.seen_rate:,.0f} a second
lost         {result.lost:>10,}   {result.missing_trade_ids} trade ids and\
 {result.missing_reports} reports missing
doubled      {_count_doubled(result):>10,}   {result.matched_twice} matched twice,\
 {result.repeated_trade_ids} trade ids and {result.repeated_reports} reports repeated
trades       {result.trades:>10,}   and {result.bbo_updates:,} BBO updates seen
"""


def _format_latencies(result: Result, mode: str) -> str:
    meanings = explain_stages(mode)
    head = f"{'milliseconds':<26}" + "".join(f"{name:>9}" for name in _COLUMNS)
    rows = [
        _format_row(name, histogram.summarize(), meanings[name])
        for name, histogram in result.stages.items()
    ]
    if result.matching and result.commit:
        rows.append(_format_row("engine: matching", result.matching, "its own histogram, a batch"))
        rows.append(_format_row("engine: commit", result.commit, "journal, pop, publish, on disk"))
    return "\n".join([head, *rows]) + "\n"


def _format_row(name: str, latency: Latency, meaning: str) -> str:
    return f"{name:<26}" + "".join(f"{value:9.2f}" for value in latency) + f"   {meaning}"


def _format_usages(result: Result) -> str:
    rows = [
        f"{usage.name:<26}{usage.cpu_share:>8.0%} of a core {usage.megabytes:>7.0f} MB"
        for usage in result.costs.usages
    ]
    rows.append(f"{'other programs':<26}{result.costs.other_cores:>8.0%} of a core")
    return "\n".join(rows) + f"\nthe limit, or nearest to it: {result.limit}\n"
