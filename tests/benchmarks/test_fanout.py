"""The hub alone, followed over real WebSockets."""

from pathlib import Path

import pytest

from benchmarks.fanout import measure
from benchmarks.fanout_plot import plot


@pytest.mark.timeout(90)
async def test_every_supervisor_gets_every_signal(tmp_path: Path) -> None:
    """Few supervisors at an easy pace miss nothing, and the measurement can be drawn."""
    report = await measure(supervisors=3, rate_hz=10, seconds=1)
    assert [step.supervisors for step in report.steps] == [1, 2, 3]
    assert all(step.received_share > 0.5 and step.delivery_ms.p50 > 0 for step in report.steps)
    plot(report, tmp_path / "fanout.png")
    assert (tmp_path / "fanout.png").stat().st_size > 1_000
