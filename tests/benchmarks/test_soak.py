"""What counts as growing old: growth after warming up, not the warming itself."""

import pytest

from benchmarks.percentiles import this_machine
from benchmarks.soak import SoakReport, SoakSample, growth_percent, leaks


def samples(*, mb_per_100: float = 0.0, files_per_100: float = 0.0) -> list[SoakSample]:
    """Fifty calls that warm an agent up by 100 MB, and four hundred and fifty more."""
    return [
        SoakSample(
            calls=calls,
            at_s=calls / 2,
            rss_mb=500 + min(calls, 50) * 2 + max(0, calls - 50) / 100 * mb_per_100,
            tasks=12,
            threads=20,
            files=round(30 + max(0, calls - 50) / 100 * files_per_100),
        )
        for calls in range(0, 501, 50)
    ]


def report(taken: list[SoakSample]) -> SoakReport:
    return SoakReport(
        calls=500,
        failed=0,
        minutes=5,
        call_seconds=2,
        parallel=4,
        growth_percent=growth_percent(taken),
        leaks=leaks(taken),
        cpu_s_per_call=0.5,
        samples=taken,
        machine=this_machine(),
    )


def test_warming_up_is_no_leak() -> None:
    """Memory that is taken once and kept is no growth."""
    assert growth_percent(samples()) == 0
    assert report(samples()).ok


def test_growing_memory_is_told() -> None:
    """Ten megabytes in a hundred calls are found, with their slope."""
    taken = samples(mb_per_100=10)
    assert growth_percent(taken) == pytest.approx(100 * 45 / 600, abs=0.1)
    assert leaks(taken)["rss_mb"].per_100_calls == pytest.approx(10, abs=0.1)
    assert not report(taken).ok


def test_a_leak_of_files_is_told() -> None:
    """Two descriptors in a hundred calls are a leak, however little memory they take."""
    assert not report(samples(files_per_100=2)).ok


def test_a_short_run_tells_nothing() -> None:
    """Before warming up has ended there is no growth to tell."""
    assert growth_percent(samples()[:1]) is None and leaks(samples()[:1]) == {}
