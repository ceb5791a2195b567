"""A benchmark's report as rows of the table of docs/figures.md: what was measured, and the figures in words."""

from collections.abc import Callable
from typing import Any

Report = dict[str, Any]
Row = tuple[str, str]


def markdown(name: str, report: Report) -> list[Row]:
    """Of the report of the suite's benchmark `name`."""
    return ROWS[name](report)


def _latency(report: Report) -> list[Row]:
    late, frames = report["capture_to_signal_ms"], report["frames"]
    calls = "one call" if report["calls"] == 1 else f"the worst of {report['calls']} calls"
    given = f"{report['analysed_fps']:.1f} analysed a second; of {frames['received']} frames {_left(frames)}"
    cost = f"{report['cpu_s_per_call_s']:.2f} CPU seconds a second and call; {report['rss_mb']:.0f} MB in all"
    return [(f"frame captured → expression signal at a subscriber, {calls}", f"{_times(late)}; {given}; {cost}")]


def _left(frames: dict[str, int]) -> str:
    others = {reason: count for reason, count in frames.items() if reason not in ("received", "analysed") and count}
    return ", ".join(f"{count} not analysed ({reason})" for reason, count in others.items()) or "all analysed"


def _perception(report: Report) -> list[Row]:
    clip = f"{report['frames']} frames of {report['width_px']}x{report['height_px']}"
    seen = f"a face in {report['frames_with_face']}, a hand in {report['frames_with_hand']}"
    beside = [
        f"{peer['ratio']:.2f} of {name} ({peer['cpu_ms_per_frame']:.1f} ms)"
        if peer["ok"]
        else f"{name} did not run: {peer['why']}"
        for name, peer in report["peers"].items()
    ]
    return [
        (f"reading a frame: {clip}, {seen}", "; ".join([f"{report['cpu_ms_per_frame']:.1f} ms CPU", *beside])),
    ]


def _voice(report: Report) -> list[Row]:
    who = "recorded speech" if report["recordings"] else "the agent's own voice as customer"
    rows = [
        (f"{what}, {who}", _times(report[key], ("p50", "p95")))
        for what, key in (
            ("end of speech → final transcript", "speech_end_to_final_ms"),
            ("end of speech → reply audible", "speech_end_to_audio_ms"),
            ("customer speaks over the agent → silent", "interrupt_ms"),
        )
    ]
    errors = (
        f"{report['cutoffs_per_100']:g} of 100 turns with a pause cut off; "
        f"{report['false_interruptions_per_100']:g} of 100 false alarms cost a reply"
    )
    return [*rows, (f"turn-taking, {who}", errors)]


def _fanout(report: Report) -> list[Row]:
    most = report["steps"][-1]
    figures = f"{most['cores']:.2f} cores; {_times(most['delivery_ms'])}; {most['received_share']:.1%} received"
    return [(f"{most['supervisors']} supervisors, {report['rate_hz']:g} signals a second", figures)]


def _peers(report: Report) -> list[Row]:
    rows = [(f"one call of {report['fps']:g} frames a second, the agent", _side(report["ours"]))]
    for peer in report["peers"]:
        what = f"the same call, {peer['name']}: {peer['what']}"
        rows.append((what, f"{_side(peer)}{_ratios(peer)}" if peer["ok"] else f"did not run: {peer['why']}"))
    return rows


def _side(side: Report) -> str:
    return (
        f"p95 {side['p95_ms']:.0f} ms, {side['analysed_fps']:.1f} analysed a second, "
        f"{side['cpu_s_per_call_s']:.2f} CPU seconds a second"
    )


def _ratios(peer: Report) -> str:
    if peer["ratio_p95"] is None:
        return "; no ratios, as one analysed more frames a second than the other in every round"
    return f"; ours is {peer['ratio_p95']:.2f} of its p95 and {peer['ratio_cpu']:.2f} of its CPU"


def _capacity(report: Report) -> list[Row]:
    last = next((step for step in report["steps"] if step["calls"] == report["rated_calls"]), None)
    first = report["steps"][0]
    budget = f"p95 ≤ {report['budget_p95_ms']:g} ms and ≥ {report['least_fps']:g} analysed a second in every call"
    figures = f"{report['rated_calls']} calls"
    if last is not None:
        figures += f" (p95 {last['p95_ms']:.0f} ms, {last['analysed_fps']:.1f} a second, {last['cpu_cores']:.2f} cores)"
    elif first["p95_ms"] is not None:
        figures += f" (the first had p95 {first['p95_ms']:.0f} ms, {first['analysed_fps']:.1f} a second)"
    for key, unit in (("cpu_cores_fit", "cores"), ("rss_mb_fit", "MB")):
        if (fit := report[key]) is not None:
            figures += f"; {fit['per_unit']:.3g} {unit} a call (r² {fit['r2']:.2f})"
    return [(f"calls with {budget}", figures)]


def _overload(report: Report) -> list[Row]:
    late = report["capture_to_signal_ms"]
    served = "a call got no signal" if late is None else f"p95 {late['p95']:.0f} ms"
    figures = (
        f"{report['admitted']} taken ({served}, {report['analysed_fps']:.1f} analysed a second in the worst), "
        f"{report['refused']} told to wait in line"
    )
    return [(f"{report['tried']} callers, twice the {report['rated_calls']} that it is rated for", figures)]


def _soak(report: Report) -> list[Row]:
    growth = report["growth_percent"]
    grown = "too short to tell growth" if growth is None else f"memory {growth:+.1f} %"
    leaks = [f"{leak['per_100_calls']:+.2f} {name} in 100 calls" for name, leak in report["leaks"].items()]
    figures = "; ".join([f"{report['failed']} failed", grown, *leaks])
    return [(f"{report['calls']} calls of {report['call_seconds']:g} s come and gone", figures)]


def _times(times: dict[str, float], which: tuple[str, ...] = ("p50", "p95", "p99")) -> str:
    return ", ".join(f"{name} {times[name]:.0f} ms" for name in which)


ROWS: dict[str, Callable[[Report], list[Row]]] = {
    "latency": _latency,
    "latency-8": _latency,
    "perception": _perception,
    "voice": _voice,
    "fanout": _fanout,
    "peers": _peers,
    "capacity": _capacity,
    "overload": _overload,
    "soak": _soak,
}
