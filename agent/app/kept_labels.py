"""What staff said of moments of calls, to measure by; and, where customers agreed to it, to learn from."""

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from agent.app.call_story import labels_of
from agent.app.kept_data import KeptData
from agent.core.consent import Purpose
from agent.storage.ended_calls import EndedCalls
from agent.storage.history import CallHistory, StoredConsent, StoredLabel, StoredUtterance

log = logging.getLogger(__name__)

READ_AT_ONCE = 50
"""Calls."""
NEAR_S = 1.0
"""A line belongs to a moment that is so close to it."""


class KeptLabel(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to whether the agent had it right."""

    call: str
    at_s: float
    """Since the call began."""
    kind: str
    read: str
    right: str
    """Empty where nobody could tell."""
    correct: bool
    text: str | None
    """Of intents the line, where the customer agreed that labels are learnt from; else None."""


async def kept_labels(kept: KeptData, *, kind: str | None, for_training: bool, actor: str) -> list[KeptLabel]:
    """All of them, or those of one kind; `for_training` leaves out calls whose customer did not agree to that, or whose
    consent is not kept any more. It is in the audit log first. Raises `StoreError`."""
    await kept.audit.record(actor, "labels.exported", "for training" if for_training else "to measure")
    keyring = await asyncio.to_thread(kept.keyring.reread)
    history = CallHistory(kept.engine, keyring, kept.archive)
    began_s = await EndedCalls(kept.engine, keyring).labelled()
    ids, found = list(began_s), list[KeptLabel]()
    for start in range(0, len(ids), READ_AT_ONCE):
        part = ids[start : start + READ_AT_ONCE]
        consents = await history.of_calls(StoredConsent, part)
        train = [one for one, agreed in consents.items() if agreed and Purpose.TRAINING in agreed[-1].purposes.split()]
        wanted = train if for_training else part
        labels = await history.of_calls(StoredLabel, wanted)
        said = await history.of_calls(StoredUtterance, train)
        for call_id in wanted:
            if call_id not in labels or (call_id in train and call_id not in said):
                log.error("call %s is damaged; its labels are left out", call_id)
                continue
            found += _of_call(call_id, began_s[call_id], labels[call_id], said.get(call_id, ()), kind)
    return found


def _of_call(
    call_id: str, began_s: float, labels: Sequence[StoredLabel], said: Sequence[StoredUtterance], kind: str | None
) -> list[KeptLabel]:
    return [
        KeptLabel(
            call=call_id,
            at_s=label.at_s,
            kind=label.kind,
            read=label.read,
            right=label.right,
            correct=label.correct,
            text=_line(said, began_s + label.at_s) if label.kind == "intent" else None,
        )
        for label in labels_of(labels)
        if kind in (None, label.kind)
    ]


def _line(said: Sequence[StoredUtterance], at_s: float) -> str | None:
    """What the customer said then."""
    own = [one for one in said if one.speaker == "customer" and abs(one.said_at - at_s) < NEAR_S]
    return min(own, key=lambda one: abs(one.said_at - at_s)).text if own else None
