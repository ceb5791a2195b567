"""Writes an evaluation of speech recognition as a folder that a browser opens: error rates by what spoils the sound."""

import re
from collections import defaultdict
from html import escape
from pathlib import Path

import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agent.training.plots import DPI, GUIDE, INK, tidy
from agent.training.report import STYLE, table
from agent.training.speech import CLEAN, Rates, SpeechReport

_NOISE = re.compile(r"(?P<noise>.+) (?P<snr_db>-?\d+) dB")
_MARKERS = "osD^v"


def write_speech_report(report: SpeechReport, folder: Path, *, command: str) -> None:
    """Writes index.html, report.json and errors.png into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    draw_errors(report, folder / "errors.png")
    (folder / "index.html").write_text(_page(report, command), encoding="utf-8")


def draw_errors(report: SpeechReport, target: Path) -> None:
    """Errors over the distance of noise, a line a noise, and beside them those of what has no distance."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    over_snr, plain = figure.subplots(1, 2, width_ratios=(3, 2), sharey=True)
    curves, others = _sorted(report)
    _draw_curves(over_snr, curves, _percent(report))
    plain.bar(list(others), list(others.values()), color=INK, width=0.6)
    plain.tick_params(axis="x", rotation=20)
    plain.set(title="Otherwise spoiled")
    tidy(plain)
    figure.savefig(target, dpi=DPI)


def _draw_curves(axes: Axes, curves: dict[str, dict[int, float]], clean_percent: float) -> None:
    for marker, (noise, rates) in zip(_MARKERS, curves.items(), strict=False):
        distances = sorted(rates)
        axes.plot(distances, [rates[db] for db in distances], color=INK, marker=marker, markersize=5, label=noise)
    axes.axhline(clean_percent, color=GUIDE, linestyle="--", label="as they are")
    axes.set(xlabel="noise below the voice, dB", ylabel="errors, %", title="In noise", ylim=(0, None))
    axes.legend(frameon=False)
    tidy(axes)


def _sorted(report: SpeechReport) -> tuple[dict[str, dict[int, float]], dict[str, float]]:
    """Error rates in percent: of noises by distance in dB, and of everything else."""
    curves: defaultdict[str, dict[int, float]] = defaultdict(dict)
    others = {CLEAN: _percent(report)}
    for name, rates in report.conditions.items():
        noisy = _NOISE.fullmatch(name)
        if noisy is None:
            others[name] = _percent(rates)
        else:
            curves[noisy["noise"]][int(noisy["snr_db"])] = _percent(rates)
    return dict(curves), others


def _percent(rates: Rates) -> float:
    """Of words, or of characters where nothing is in a language with words."""
    rate = rates.wer if rates.wer is not None else rates.cer
    return 100 * (rate or 0.0)


def _page(report: SpeechReport, command: str) -> str:
    rows = {"as they are": Rates(wer=report.wer, cer=report.cer), **report.conditions}
    conditions = table(
        ("recordings", "word errors", "character errors"),
        [(name, _cell(rates.wer), _cell(rates.cer)) for name, rates in rows.items()],
    )
    sets = table(("set", "errors"), [(name, _cell(rate)) for name, rate in report.by_set.items()])
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Speech recognition</title>
<style>{STYLE}</style>
<h1>Speech recognition</h1>
<p><code>{escape(command)}</code></p>
<p>{report.n} recordings, {report.skipped} in languages that are not understood left out;
{report.cpu_s_per_utterance:.2f} CPU seconds an utterance.</p>
<p><img src="errors.png" alt="Errors by what spoils the sound"></p>
{conditions}
{sets}
</html>
"""


def _cell(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"
