import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.language import language_of


@pytest.mark.parametrize(
    "text", ["你好", "我的订单到哪儿了？", "帮我查一下订单A1042", "我想退 Northway 送来的水壶", "我要return这个水壶"]
)
def test_chinese_is_told_by_its_characters(text: str) -> None:
    """Names, numbers and a borrowed word do not make it another language."""
    assert language_of(text) == "zh"


@pytest.mark.parametrize(
    "text", ["Where is my order?", "I'd like to send it back", "where’s the kettle that I ordered", "what do I owe"]
)
def test_english_is_told_by_its_commonest_words(text: str) -> None:
    """A sentence of three words or more has one of them."""
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    "text",
    ["", "A1042", "OK", "hello", "4710023", "no problem", "kettle", "李", "¿Dónde está mi pedido?", "Wo ist mein Paket",
     "注文はどこですか", "주문이 어디에 있나요", "Ou est ma commande", "my name is 李明", "!!!"],
)  # fmt: skip
def test_doubt_is_no_language(text: str) -> None:
    """What is short, neutral or in another language leaves the language of the call as it is."""
    assert language_of(text) is None


@given(st.text())
def test_any_text_is_told_or_left(text: str) -> None:
    """No text is too odd to look at."""
    assert language_of(text) in (None, "en", "zh")


@given(st.text(alphabet="0123456789 -.,:/#A"))
def test_numbers_have_no_language(text: str) -> None:
    """Order numbers, sums and dates are written alike everywhere."""
    assert language_of(text) is None
