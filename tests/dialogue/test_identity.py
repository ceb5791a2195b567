import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.identity import LONGEST_ANSWER_WORDS, surnames


@pytest.mark.parametrize("answer", ["Brown", "it's Brown.", "B R O W N", "Brown, please", "我姓Brown"])
def test_a_surname_in_an_answer(answer: str) -> None:
    """Said, spelled, or with words around it."""
    assert "brown" in surnames(answer)


@pytest.mark.parametrize(
    ("answer", "surname"),
    [("我姓李", "李"), ("李娜", "李"), ("免贵姓欧阳", "欧阳"), ("他叫张伟", "张"), ("订单上是王芳", "王")],
)
def test_a_chinese_surname_in_an_answer(answer: str, surname: str) -> None:
    """One or two characters at the head of the name, after what leads up to it."""
    assert surname in surnames(answer)


@pytest.mark.parametrize("answer", ["李王张刘陈", "不是李就是王", "李，王，张"])
def test_a_list_of_chinese_surnames_is_no_answer(answer: str) -> None:
    """Only the first name of an answer counts."""
    assert "王" not in surnames(answer) and "张" not in surnames(answer)


@given(st.text())
def test_an_answer_holds_few_surnames(answer: str) -> None:
    """However long it is, so that nobody gets in by reciting names."""
    assert len(surnames(answer)) <= LONGEST_ANSWER_WORDS + 3
