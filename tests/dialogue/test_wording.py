from datetime import date, time

import pytest

from agent.dialogue.wording import plain_wording

CHINESE, ENGLISH = plain_wording("zh"), plain_wording("en")
TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("when", "chinese", "english"),
    [
        (date(2026, 11, 16), "前天", "on Monday, November 16th"),
        (date(2026, 11, 17), "昨天", "yesterday"),
        (date(2026, 11, 20), "后天", "on Friday, November 20th"),
        (date(2026, 11, 23), "11月23日星期一", "on Monday, November 23rd"),
    ],
)
def test_days_in_a_sentence(when: date, chinese: str, english: str) -> None:
    """Near days by their names, which Chinese has two more of."""
    assert CHINESE.on_day(when, TODAY) == chinese
    assert ENGLISH.on_day(when, TODAY) == english


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (time(9), "上午9点"),
        (time(0, 15), "上午12点15分"),
        (time(12, 30), "下午12点半"),
        (time(15, 20), "下午3点20分"),
        (time(20), "晚上8点"),
    ],
)
def test_times_of_day(when: time, said: str) -> None:
    """By the part of the day, on twelve hours."""
    assert CHINESE.time(when) == said


def test_money_goods_and_lists() -> None:
    """Measure words and joints are those of the language."""
    assert [CHINESE.money(cents) for cents in (4_000, 125_050, -4_000)] == ["40美元", "1,250.50美元", "负40美元"]
    assert [CHINESE.goods("kettle", count) for count in (1, 3)] == ["kettle", "3件kettle"]
    assert CHINESE.listing(["甲", "乙", "丙"], "or") == "甲、乙还是丙"
    assert CHINESE.listing(["甲"], "and") == "甲"
    assert ENGLISH.listing(["a", "b", "c"], "or") == "a, b or c"
