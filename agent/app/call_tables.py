"""Calls and trends as tables for other programs: CSV, JSON, and Parquet where pyarrow is installed."""

import csv
import io
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import msgspec

from agent.app.trends import ComparedCall
from agent.core.clock import iso_time
from agent.core.errors import AgentError
from agent.transport.history_messages import Estimate, Trends

Table = Sequence[Mapping[str, Any]]
"""Rows with the same columns, of plain values."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


def calls_table(calls: Sequence[ComparedCall]) -> Table:
    """A row a call. How somebody felt in a single call is in no table."""
    return [
        {
            "call": one.ended.call.id,
            "started_at": iso_time(one.ended.call.started_at),
            "lasted_s": round(one.lasted_s, 1),
            "language": one.language,
            "domain": one.ended.call.domain,
            "outcome": one.ended.call.outcome,
            "ended_because": one.ended.call.ended_because,
            "intents": None if one.facts is None else " ".join(one.facts.intents),
            "turns": None if one.facts is None else one.facts.turns,
            "interruptions": None if one.facts is None else one.facts.interruptions,
            "handed_off": one.handed_off,
            "score": one.ended.score,
            "resolved": one.ended.resolved,
        }
        for one in calls
    ]


def trends_table(trends: Trends) -> Table:
    """A row a group, the last one of all calls."""
    return [
        {
            trends.by: group.name,
            "calls": group.calls,
            "mean_lasted_s": round(group.lasted_s, 1),
            **_estimate("handed_off", group.handed_off),
            **_estimate("resolved", group.resolved),
            **_estimate("score", group.score),
            **_estimate("predicted_score", group.predicted),
            "valence_start": group.valence_start,
            "valence_end": group.valence_end,
            **_estimate("valence_change", group.valence_change),
            "emotion_hidden": group.hidden,
        }
        for group in (*trends.groups, trends.total)
    ]


def written(table: Table, form: str) -> bytes:
    """Takes milliseconds a thousand rows: call it in a thread. Raises `AgentError` for Parquet without pyarrow."""
    match form:
        case "json":
            return msgspec.json.encode(table)
        case "csv":
            return _csv(table)
        case _:
            return _parquet(table)


def _csv(table: Table) -> bytes:
    """UTF-8 with a mark, which spreadsheets need, and lines as RFC 4180 has them."""
    text = io.StringIO(newline="")
    if table:
        writer = csv.DictWriter(text, list(table[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in table)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    """A text that would be a formula is shown as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _parquet(table: Table) -> bytes:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise AgentError(
            "Parquet needs pyarrow, which is not installed; run `uv sync --extra parquet`, or take CSV or JSON"
        ) from None
    file = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist([dict(row) for row in table]), file)
    return file.getvalue()


def _estimate(name: str, estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return {name: None, f"{name}_n": 0, f"{name}_low": None, f"{name}_high": None}
    return {
        name: estimate.value,
        f"{name}_n": estimate.n,
        f"{name}_low": estimate.low,
        f"{name}_high": estimate.high,
    }
