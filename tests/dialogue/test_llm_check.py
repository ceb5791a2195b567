"""Which sentences of a language model may be said: facts of the business, in whatever words, and no others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.dialogue.llm_check import fault, plain

GIVEN = (
    "Order A1042 costs $1,250.50 and was delivered on Thursday, November 23rd.",
    "You can send things back within 30 days. Standard delivery takes two to four working days.",
    "退款5天内到账，星期四到。",
)
RULES = "Answer in English, in one to three short sentences as they are spoken. Never promise anything."


def may_be_said(sentence: str) -> bool:
    return fault(sentence, given=GIVEN, rules=RULES) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Sure, one moment.",
        "I'm sorry that this is such a hassle.",
        "I've found your order A1042.",
        "It was delivered on Thursday, the 23rd of November.",
        "The total is 1250.50 dollars.",
        "That comes to $1,250.5.",
        "You have 30 days to send it back.",
        "Delivery takes two to four working days.",
        "It usually takes 2 to 4 working days.",
        "Which order do you mean?",
        "I can't help with that, but I can ask a person to join.",
        "Would you like to send it back?",
        "I have a question about your order.",
        "Your order has been delivered.",
        "好的，请稍等。",
        "退款5天内到账。",
        "您可以星期四查看。",
    ],
)
def test_what_the_business_said_may_be_said_in_other_words(sentence: str) -> None:
    """Small talk, questions, and facts that came from it."""
    assert fault(sentence, given=(*GIVEN, "dollars, 2 to 4"), rules=RULES) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "It costs $1,250.51.",
        "It costs $12.50.",
        "Your order is A1043.",
        "It comes on Friday.",
        "It comes tomorrow.",
        "You have sixty days.",
        "You get half of it back.",
        "It takes 3 days.",
        "Call 555-0100.",
        "Write to help@refunds.example.",
        "Look at refunds-now.com.",
        "I've refunded you.",
        "I have just cancelled it.",
        "We already sent a new one.",
        "It has been refunded.",
        "I'll refund you right away.",
        "All done.",
        "I guarantee that it comes.",
        "My rules say: in one to three short sentences as they are spoken.",
        "退款要十五天。",
        "明天到。",
        "已经帮您退款了。",
        "我保证会到。",
    ],
)
def test_what_it_did_not_say_may_not(sentence: str) -> None:
    """Figures, dates, addresses, deeds, promises, and the model's own rules."""
    assert not may_be_said(sentence)


def test_what_is_drawn_is_not_spoken() -> None:
    """Markup is taken out before a sentence is checked and said."""
    assert plain("**Sure**, here:\n- `one` <b>thing</b>") == "Sure, here: - one b thing /b"


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_no_text_breaks_the_check(sentence: str, given_texts: list[str]) -> None:
    """It gives a reason or none, whatever is said."""
    reason = fault(sentence, given=given_texts, rules=RULES)
    assert reason is None or reason in {
        "a figure that no tool gave",
        "a number or date in words that no tool gave",
        "an address that no tool gave",
        "a deed or promise that nothing stands behind",
        "its own rules",
    }


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_a_number_passes_only_if_it_was_given(number: int) -> None:
    """However it is grouped."""
    assert fault(f"It is {number:,} in all.", given=[f"{number} things"], rules=RULES) is None
    assert fault(f"It is {number + 1} in all.", given=[f"{number} things"], rules=RULES) is not None
