"""The books of a call know every reason that perception can give."""

import pytest

from agent.core.frames import outcome_named
from agent.perception import vision, vision_pool


@pytest.mark.parametrize(
    "reason",
    [
        vision.NOT_CONSENTED,
        vision_pool.ANALYSED,
        vision_pool.OVER_BUDGET,
        vision_pool.CALL_CLOSED,
        vision_pool.STOPPED,
        vision_pool.FAILED,
        vision_pool.HUNG,
    ],
)
def test_each_reason_of_perception_is_a_fate_of_its_own(reason: str) -> None:
    """None of them is counted under another's name."""
    assert outcome_named(reason).value == reason.partition(":")[0]
