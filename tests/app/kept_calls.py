"""Calls of made-up customers, kept as the agent keeps them, and what tests ask of the archive afterwards."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from agent.app.mouth import Reply
from agent.core.cards import Card
from agent.core.clock import NS_PER_S, FakeClock
from agent.core.consent import Choice, Purpose, consent_for
from agent.core.lifecycle import EndReason
from agent.core.settings import Settings
from agent.dialogue.protocol import Because, CallEnded, Chat, SayStyle
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.storage.tracks import TrackedFrame, packed
from tests.dialogue.wire import affect_signal, gesture_signal

WORD = "zanzibar"
"""Said by the customer and by the agent, shown on the card, and written nowhere else."""


def record_call(store: CallStore, call_id: str, customer: str | None, clock: FakeClock, *, ended: bool = True) -> None:
    """Something in every table of a call. `customer` is a pseudonym."""
    began = clock.wall_ns() / NS_PER_S
    agreed = consent_for(Choice.AGREE, locale="en", given_at=began)
    consent = msgspec.structs.replace(agreed, purposes=agreed.purposes | {Purpose.REPLAY})
    store.record_call_started(call_id, consent, began, customer=customer, domain="shop")
    store.record_utterance(call_id, "customer", f"is there a kettle from {WORD}", typed=False)
    store.record_sent(call_id, Chat(text=f"is there a kettle from {WORD}", turn=1))
    reply = Reply("s1", SayStyle(), True, f"There is one from {WORD}.", complete=True, turn=1)
    reply.because = (Because(kind="intent", seqs=(1,), words=f"wants to know about {WORD}"),)
    store.record_reply(call_id, reply)
    store.record_card(call_id, Card(id="c", title=f"Kettle from {WORD}"))
    store.record_signal(msgspec.structs.replace(gesture_signal("thumbs_up", seq=2), call_id=call_id))
    store.record_signal(affect_signal(valence=0.4, seq=3, call_id=call_id))
    hand = np.arange(42, dtype=np.int16).reshape(21, 2)
    store.record_track(call_id, 0.0, packed([TrackedFrame(media_ms=0.0, parts={"left": hand})]))
    if ended:
        store.record_sent(call_id, CallEnded(reason="customer_left"))
        store.record_call_ended(call_id, EndReason.CUSTOMER_LEFT)


async def keep_calls(settings: Settings, clock: FakeClock, calls: Iterable[tuple[str, str | None]]) -> None:
    """Ended calls, by id and the business's id of their customer, in the archive of the settings."""
    keyring = await open_keyring(settings.storage)
    async with CallStore.opened(settings.storage, keyring, clock) as store:
        for call_id, customer in calls:
            record_call(store, call_id, None if customer is None else keyring.pseudonym_of(customer), clock)


def traces(folder: Path, *words: str) -> list[str]:
    """Which of the words stand in the bytes of which file."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [f"{word} in {path.name}" for path in files for word in words if word.encode() in path.read_bytes()]
