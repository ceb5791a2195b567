"""What the shop remembers of customers and recommends to them: after a yes only, and gone when they say so."""

import pytest

from tests.dialogue.domains.shop import Shop, opened

WRITTEN = "SELECT (SELECT count(*) FROM preferences) + (SELECT count(*) FROM slates)"


def test_nothing_is_written_without_a_yes(shop: Shop) -> None:
    """Every tool that a call uses before a yes, and the note of what was shown, leave no trace of the customer."""
    for tool in ("recall", "pace_options", "memory_options", "what_is_known", "forget_options", "recommend"):
        shop.ask(tool, pace="slow", preferred_name="Danny")
    slate = shop.ask("recommend").values["slate"]
    assert shop.ask("note_slate", slate=slate).outcome == "noted"
    assert shop.ask("note_slate", "guest", slate=slate).outcome == "noted"
    assert shop.holds(WRITTEN) == 0


def test_what_was_agreed_to_is_there_at_the_next_call(shop: Shop) -> None:
    """Name and pace come back, a new wish adds to the old ones, and other customers are strangers still."""
    shop.ask("remember", preferred_name="just call me danny, please")
    shop.ask("remember", pace="slow")
    assert shop.ask("recall").values == {"customer_name": "Danny", "pace": "slow", "language": "en"}
    assert shop.ask("recall", "lee").outcome == "stranger"
    assert shop.ask("recall", "guest").outcome == "stranger"


def test_an_open_case_is_told_to_those_who_are_remembered(shop: Shop) -> None:
    """Maria's return is on its way; she hears of it only after she agreed."""
    assert shop.ask("recall", "maria").outcome == "stranger"
    shop.ask("remember", "maria")
    recalled = shop.ask("recall", "maria")
    assert (recalled.outcome, recalled.values["open_case"]) == ("known_with_case", "return R5002")


def test_forgetting_takes_all_but_the_books(shop: Shop) -> None:
    """Preferences, what was looked at and what was shown are gone; orders stay, and twice is like once."""
    shop.ask("remember", pace="fast")
    shop.ask("note_slate", slate=shop.ask("recommend").values["slate"])
    assert shop.holds(WRITTEN) == 2
    assert shop.ask("forget").outcome == shop.ask("forget").outcome == "forgotten"
    assert shop.holds(WRITTEN) == 0
    assert shop.holds("SELECT count(*) FROM interests WHERE shopper = 1") == 0
    assert shop.holds("SELECT count(*) FROM orders WHERE customer_id = 1") == 6
    assert shop.ask("what_is_known").outcome == "nothing"


@pytest.mark.parametrize("name", ["", "1234", "Robert'); DROP TABLE customers;--", "a" * 60, "one two three four five"])
def test_a_name_is_a_name(shop: Shop, name: str) -> None:
    """What cannot be a name is asked for again and not written."""
    assert shop.ask("remember", preferred_name=name).outcome == "no_name"
    assert shop.holds(WRITTEN) == 0


def test_guests_are_not_remembered(shop: Shop) -> None:
    """Nobody is remembered who is not signed in."""
    assert shop.ask("remember", "guest", pace="slow").outcome == "sign_in"
    assert shop.holds(WRITTEN) == 0


def test_a_recommendation_is_new_in_stock_and_the_same_all_day(shop: Shop) -> None:
    """Nothing that the customer has or that is sold out, each with a reason, and no dice between two questions."""
    asked = shop.ask("recommend")
    shown = {item.title for item in asked.card.items}
    bought = {"steel kettle", "desk lamp", "classic headphones", "city backpack", "toaster", "rain jacket"}
    assert len(shown) == 3
    assert not shown & (bought | {"cotton blanket"})
    assert all(item.text for item in asked.card.items)
    assert shop.ask("recommend") == asked


def test_strangers_get_what_is_popular(shop: Shop) -> None:
    """Who has no history is told so: many customers take it."""
    asked = shop.ask("recommend", "guest")
    assert (asked.outcome, asked.values["why"]) == ("popular", "many customers take it")


def test_what_nobody_takes_does_not_stay_in_front(shop: Shop) -> None:
    """After forty records of a thing that was shown first and left, another one leads once that is learnt."""
    shop.ask("remember")
    asked = shop.ask("recommend")
    for _ in range(40):
        shop.ask("note_slate", slate=asked.values["slate"])
    again = opened(shop.path)
    assert again.ask("recommend").values["product"] != asked.values["product"]
    again.tools.close()


def test_what_was_proposed_and_bought_is_marked_as_taken(shop: Shop) -> None:
    """The order of what was shown first is what the shop learns from; an order of something else is not."""
    shop.ask("remember")
    asked = shop.ask("recommend")
    shop.ask("note_slate", slate=asked.values["slate"])
    shop.ask("place_order", key="k1", basket=shop.ask("quote_order", product="keyboard").values["basket"])
    assert shop.holds("SELECT taken FROM slates") == 0
    basket = shop.ask("quote_order", product=asked.values["product"]).values["basket"]
    shop.ask("place_order", key="k2", basket=basket)
    assert shop.holds("SELECT taken FROM slates") == 1
