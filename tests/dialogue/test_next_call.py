"""The next call of a customer who agreed to be remembered, and what a pack may only do in a mood for it."""

from collections.abc import Iterator

import pytest

from agent.dialogue.domain import Domain, load_domain
from agent.dialogue.protocol import CallStarted, Say
from agent.dialogue.turn import PACES
from tests.dialogue.domains.shop import Shop
from tests.dialogue.test_scenarios import Talk


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("shop")


@pytest.fixture
def talk(domain: Domain, shop: Shop) -> Iterator[Talk]:
    talk = Talk(domain, shop.path, "dana")
    yield talk
    talk.tools.close()


def greeted(talk: Talk, customer: str = "dana") -> Say:
    """The first thing that is said in a call."""
    said = [out for out in talk.send(CallStarted(call_id="c1", customer=customer)) if isinstance(out, Say)]
    assert len(said) == 1
    return said[0]


def test_who_agreed_is_greeted_by_name_and_at_their_pace(talk: Talk, shop: Shop) -> None:
    """Name, pace and what is still open come from the business, and hold for the whole call."""
    shop.ask("remember", preferred_name="Danny", pace="slow")
    shop.ask("open_case", grievance="it broke")
    greeting = greeted(talk)
    assert "Hello Danny" in greeting.text
    assert "case K3001" in greeting.text
    later = [out for out in talk.act({"says": "help", "intent": "help"}) if isinstance(out, Say)]
    assert [said.style.rate for said in (greeting, *later)] == pytest.approx([PACES["slow"]] * 2)


def test_who_did_not_agree_is_greeted_like_anybody(talk: Talk, domain: Domain) -> None:
    """A customer with orders and no consent hears the plain greeting at the plain pace."""
    greeting = greeted(talk)
    assert (greeting.text, greeting.style.rate) == (domain.lines["greeting"].text, 1.0)


def test_the_greeting_comes_with_the_database_gone(talk: Talk, shop: Shop, domain: Domain) -> None:
    """Where memory does not answer, the call begins all the same."""
    shop.ask("remember", preferred_name="Danny")
    shop.change("DROP TABLE preferences")
    assert greeted(talk).text == domain.lines["greeting"].text


def test_after_forgetting_the_next_call_is_one_of_a_stranger(talk: Talk, shop: Shop, domain: Domain) -> None:
    """Name and pace are gone with the rest."""
    shop.ask("remember", preferred_name="Danny")
    shop.ask("forget")
    assert greeted(talk).text == domain.lines["greeting"].text
