"""What the archive takes of people's words: nothing that names a person, and all that explains the call."""

import msgspec

from agent.core.cards import Card, CardRow
from agent.core.clock import FakeClock
from agent.core.consent import Choice, consent_for
from agent.core.settings.storage import StorageSettings
from agent.core.signals import IntentSignal, IntentValue, Signal, TranscriptSignal, TranscriptValue
from agent.storage.calls import CallStore
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring

CONSENT = consent_for(Choice.AGREE, locale="en", given_at=1_800_000_000.0)
ENVELOPE = dict(
    call_id="c1", confidence=0.9, valid=True, frame_id=1, captured_at=1.0, captured_error_ms=1.0,
    captured_from="arrival", media_ms=40.0, age_ms=20.0, sources=(),
)  # fmt: skip


class Because(msgspec.Struct, frozen=True):
    kind: str
    words: str


class Reply(msgspec.Struct, frozen=True):
    id: str
    text: str
    because: tuple[Because, ...] = ()
    turn: int | None = None


class Chat(msgspec.Struct, frozen=True, tag="chat", tag_field="type"):
    text: str
    slots: dict[str, str]


def signals() -> list[Signal]:
    said = TranscriptValue(utterance_id=1, text="I am anna at example dot com", final=True, language="en")
    meant = IntentValue(label="order_status", out_of_scope=False, slots={"order_id": "4155550123", "phone": "5550123"})
    return [
        TranscriptSignal(value=said, seq=1, **ENVELOPE),  # type: ignore[arg-type]
        IntentSignal(value=meant, seq=2, **ENVELOPE),  # type: ignore[arg-type]
    ]


async def test_words_are_redacted_wherever_they_are_kept(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """Replies, messages, cards and signals lose telephones, addresses and numbers of cards, not those of orders."""
    async with CallStore.opened(file_storage, keyring, clock) as store:
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        store.record_reply("c1", Reply("s1", "Is it 4242 4242 4242 4242?", (Because("intent", "gave 415-555-0123"),)))
        store.record_sent("c1", Chat("order A1042, call 415-555-0123", {"order_id": "A1042", "email": "a@example.com"}))
        store.record_card("c1", Card(id="k", title="Yours", rows=(CardRow(label="Phone", value="415 555 0123"),)))
        store.record_card_hidden("c1", "k")
        for signal in signals():
            store.record_signal(signal)
    async with CallHistory.opened(file_storage.url, keyring) as history:
        [reply] = await history.replies("c1")
        [chat] = await history.sent("c1")
        shown, hidden = await history.cards("c1")
        heard, meant = await history.signals("c1")
    assert (reply.text, msgspec.json.decode(reply.because)[0]["words"]) == ("Is it [card]?", "gave [phone]")
    assert msgspec.json.decode(chat.body, type=Chat) == Chat(
        "order A1042, call [phone]", {"order_id": "A1042", "email": "[mail]"}
    )
    assert msgspec.json.decode(shown.body, type=Card).rows[0].value == "[phone]"
    assert hidden.body == ""
    assert msgspec.json.decode(heard.value)["text"] == "I am [mail]"
    assert msgspec.json.decode(meant.value)["slots"] == {"order_id": "4155550123", "phone": "[phone]"}
