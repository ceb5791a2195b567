"""An evaluation of speech recognition becomes a page with its curve."""

import json
from pathlib import Path

import pytest

from agent.training.speech import Rates, SpeechReport
from agent.training.speech_report import write_speech_report

PNG = b"\x89PNG"


def report_with(conditions: dict[str, Rates], *, wer: float | None, cer: float | None) -> SpeechReport:
    return SpeechReport(
        wer=wer,
        cer=cer,
        n=3,
        skipped=1,
        cpu_s_per_utterance=0.25,
        utterances=3,
        by_set={"a": 0.5},
        conditions=conditions,
    )


@pytest.mark.parametrize(
    "report",
    [
        report_with({}, wer=0.029, cer=None),
        report_with({}, wer=None, cer=0.17),
        report_with(
            {
                "white 15 dB": Rates(wer=0.07, cer=None),
                "white 5 dB": Rates(wer=0.25, cer=None),
                "telephone": Rates(wer=0.0742, cer=None),
            },
            wer=0.029,
            cer=None,
        ),
    ],
)
def test_the_page_shows_every_rate_beside_its_plot(tmp_path: Path, report: SpeechReport) -> None:
    """With and without spoiled sound, in languages with words and without."""
    folder = tmp_path / "pages"
    write_speech_report(report, folder, command="agent evaluate speech --data <a> & b")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "&lt;a&gt; &amp; b" in page and "0.25 CPU seconds" in page and "50.0 %" in page
    for rates in (report, *report.conditions.values()):
        for rate in (rates.wer, rates.cer):
            assert rate is None or f"{100 * rate:.1f} %" in page
    assert (folder / "errors.png").read_bytes().startswith(PNG)
    assert json.loads((folder / "report.json").read_text())["conditions"].keys() == report.conditions.keys()
