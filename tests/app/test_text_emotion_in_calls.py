"""Emotion in words in a call on the real agent: once a line under consent, not without it nor once it is taken back."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.core.settings import StorageSettings
from agent.storage.data_keys import open_keyring
from agent.storage.history import CallHistory
from tests.serving import RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(180)

ANGRY = "This is outrageous, I am so angry with you idiots"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


def feelings(agent: RunningAgent, call_id: str) -> list[tuple[Any, ...]]:
    """What the archive holds of the emotion in a call's words, as far as it is not sealed: valid, reason."""
    query = "select valid, reason from signals where call_id = ? and kind = 'text_emotion' order by seq"
    with closing(sqlite3.connect(agent.folder / "agent.sqlite3")) as connection:
        return connection.execute(query, (call_id,)).fetchall()


async def label(agent: RunningAgent, call_id: str) -> str:
    """The first emotion in words that the archive holds, unsealed."""
    storage = StorageSettings(url=f"sqlite+aiosqlite:///{agent.folder / 'agent.sqlite3'}")
    async with CallHistory.opened(storage.url, await open_keyring(storage)) as history:
        found = [signal for signal in await history.signals(call_id) if signal.kind == "text_emotion"]
    return str(json.loads(found[0].value)["label"])


def lines_typed(agent: RunningAgent, call_id: str) -> int:
    query = "select count(*) from utterances where call_id = ? and typed"
    with closing(sqlite3.connect(agent.folder / "agent.sqlite3")) as connection:
        return int(connection.execute(query, (call_id,)).fetchone()[0])


async def test_words_are_felt_under_consent_and_no_more_when_it_is_taken_back(agent: RunningAgent) -> None:
    """One line, one signal; after the withdrawal one that says so, and none for what is typed then."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=None)
    call_id = customer.ticket.call_id
    async with customer.caller.call() as caller:
        await until(lambda: caller.channel is not None and customer.seen.speaking, 25, "the greeting")
        assert caller.channel is not None
        caller.channel.send(json.dumps({"type": "chat", "text": ANGRY}))
        await until(lambda: feelings(agent, call_id), 25, "a signal of the words")
        assert feelings(agent, call_id) == [(1, None)]
        assert await label(agent, call_id) == "anger"
        caller.channel.send(json.dumps({"type": "withdraw", "purposes": ["text_emotion"]}))
        await until(lambda: len(feelings(agent, call_id)) == 2, 25, "word of the withdrawal")
        assert feelings(agent, call_id)[1] == (0, "consent withdrawn")
        caller.channel.send(json.dumps({"type": "chat", "text": ANGRY}))
        await until(lambda: lines_typed(agent, call_id) == 2, 25, "the second line")
    assert len(feelings(agent, call_id)) == 2


async def test_without_consent_to_emotion_words_are_read_for_what_they_ask(agent: RunningAgent) -> None:
    """The line is kept and its intent read; nothing is told of how it was meant."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.WITHOUT_EMOTION), frames=None)
    call_id = customer.ticket.call_id
    async with customer.caller.call() as caller:
        await until(lambda: caller.channel is not None and customer.seen.speaking, 25, "the greeting")
        assert caller.channel is not None
        caller.channel.send(json.dumps({"type": "chat", "text": ANGRY}))
        await until(lambda: lines_typed(agent, call_id) == 1, 25, "the line")
    assert feelings(agent, call_id) == []
