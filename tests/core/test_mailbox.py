"""The mailbox drops the oldest, never waits to send, and lets its consumer end."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.mailbox import Mailbox, MailboxClosed


async def test_newest_wins_in_a_mailbox_of_one() -> None:
    """A slow consumer of the camera gets the newest picture, and the others are counted."""
    mailbox: Mailbox[int] = Mailbox(1)
    for frame in range(5):
        mailbox.put(frame)
    assert await mailbox.get() == 4
    assert mailbox.dropped == 4


@given(st.lists(st.integers()), st.integers(min_value=1, max_value=20))
def test_what_is_held_are_the_last_items_in_order(items: list[int], capacity: int) -> None:
    """Whatever is put, the last `capacity` items come out in order and the rest are counted."""

    async def drained() -> list[int]:
        mailbox: Mailbox[int] = Mailbox(capacity)
        for item in items:
            mailbox.put(item)
        mailbox.close()
        assert mailbox.dropped == max(0, len(items) - capacity)
        return [item async for item in mailbox]

    assert asyncio.run(drained()) == items[-capacity:]


async def test_a_waiting_consumer_ends_when_the_mailbox_closes() -> None:
    """Closing wakes the consumer, which gets what is held and then learns that there is no more."""
    mailbox: Mailbox[str] = Mailbox(2)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(_collect(mailbox))
        await asyncio.sleep(0)
        mailbox.put("last")
        mailbox.close()
        mailbox.put("too late")
    assert waiting.result() == ["last"]
    with pytest.raises(MailboxClosed):
        await mailbox.get()


async def _collect(mailbox: Mailbox[str]) -> list[str]:
    return [item async for item in mailbox]


def test_a_mailbox_without_room_is_refused() -> None:
    """A capacity below one is a programming error, said at once."""
    with pytest.raises(ValueError, match="at least one"):
        Mailbox(0)
