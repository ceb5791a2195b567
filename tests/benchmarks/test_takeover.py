"""Taking a call over is measured on a real agent, with a real customer and a real person."""

import pytest

from benchmarks import takeover


@pytest.mark.timeout(150)
async def test_a_person_is_heard_after_the_answer_and_the_agent_after_the_person() -> None:
    """One round gives all three times, in the order in which they happen."""
    report = await takeover.measure(times=1)
    assert report.times == 1
    assert 0 < report.answered_ms.p50 < report.heard_ms.p50
    assert report.back_ms.p50 > 0
