"""The next call of a customer who agreed to be remembered, and what a pack may only do in a mood for it."""

import pytest

from agent.dialogue.conversation import Conversation
from agent.dialogue.domain import Domain, load_domain
from agent.dialogue.policy import Incoming, step
from agent.dialogue.protocol import CallStarted, Chat, Intent, Say
from agent.dialogue.tools import ToolCall
from agent.dialogue.turn import PACES
from tests.dialogue.domains.shop import Shop


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("shop")


def said(shop: Shop, domain: Domain, *messages: Incoming) -> list[Say]:
    """What the customer hears in a new call, from the greeting on."""
    conversation = Conversation(call_id="c1", customer="dana", say_prefix="s")
    replies: list[Say] = []
    waiting: list[Incoming] = [CallStarted(call_id="c1", customer="dana"), *messages]
    while waiting:
        conversation, outgoing = step(conversation, waiting.pop(0), 0, domain)
        replies += [out for out in outgoing if isinstance(out, Say)]
        waiting[:0] = [shop.tools.run(out) for out in outgoing if isinstance(out, ToolCall)]
    return replies


def test_who_agreed_is_greeted_by_name_and_at_their_pace(shop: Shop, domain: Domain) -> None:
    """Name, pace and what is still open come from the business, and hold for the whole call."""
    shop.ask("remember", preferred_name="Danny", pace="slow")
    shop.ask("open_case", grievance="it broke")
    greeting, answer = said(shop, domain, Chat(text="help", intent=Intent(label="help", probability=0.95)))
    assert "Hello Danny" in greeting.text
    assert "case K3001" in greeting.text
    assert [reply.style.rate for reply in (greeting, answer)] == pytest.approx([PACES["slow"]] * 2)


def test_who_did_not_agree_is_greeted_like_anybody(shop: Shop, domain: Domain) -> None:
    """A customer with orders and no consent hears the plain greeting at the plain pace."""
    [greeting] = said(shop, domain)
    assert (greeting.text, greeting.style.rate) == (domain.lines["greeting"].text, 1.0)


def test_the_greeting_comes_with_the_database_gone(shop: Shop, domain: Domain) -> None:
    """Where memory does not answer, the call begins all the same."""
    shop.ask("remember", preferred_name="Danny")
    shop.change("DROP TABLE preferences")
    [greeting] = said(shop, domain)
    assert greeting.text == domain.lines["greeting"].text


def test_after_forgetting_the_next_call_is_one_of_a_stranger(shop: Shop, domain: Domain) -> None:
    """Name and pace are gone with the rest."""
    shop.ask("remember", preferred_name="Danny")
    shop.ask("forget")
    [greeting] = said(shop, domain)
    assert greeting.text == domain.lines["greeting"].text
