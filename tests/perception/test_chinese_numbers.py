from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception import chinese_numbers

LENGTHS = range(4, 9)
DIGITS = "零一二三四五六七八九"


def spelled(number: int) -> str:
    """A number below a hundred million as it is read aloud."""
    if number >= 10_000:
        rest = number % 10_000
        return spelled(number // 10_000) + "万" + ("零" if 0 < rest < 1_000 else "") + (spelled(rest) if rest else "")
    said, gap = "", False
    for size, unit in ((1_000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            said += ("零" if gap and said else "") + DIGITS[digit] + unit
        gap = digit == 0
    return said or "零"


@given(st.integers(0, 99_999_999))
def test_whole_numbers_are_read_as_they_are_said(number: int) -> None:
    """Tens, hundreds, thousands and ten thousands, with the 零 that bridges a gap."""
    assert chinese_numbers.whole(spelled(number)) == number


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("三百五", "350"),
        ("三百零五", "305"),
        ("一万二", "12000"),
        ("两千三", "2300"),
        ("十八", "18"),
        ("3.5万", "35000"),
        ("三点五万", "35000"),
        ("六点九", "6.9"),
        ("一亿两千万", "120000000"),
        ("二〇二六", "2026"),
        ("1,250.50", "1250.50"),
    ],
)
def test_short_forms(said: str, value: str) -> None:
    """A last digit without its unit counts the next smaller one, and figures mix with units."""
    assert chinese_numbers.whole(said) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("350块", "350.00"),
        ("四十九块九", "49.90"),
        ("三块五毛二", "3.52"),
        ("我要贷一万二", "12000.00"),
        ("$49.90 那笔", "49.90"),
        ("两百美元", "200.00"),
        ("¥1,250.50", "1250.50"),
        ("大概4200", None),
        ("三千个", None),
        ("五年", None),
        ("2026年5月", None),
    ],
)
def test_sums_of_money(text: str, amount: str | None) -> None:
    """A currency, decimals, or a size that is not counted in things or time."""
    assert chinese_numbers.amount(text) == amount


@pytest.mark.parametrize(
    ("text", "number"),
    [("大概4200", "4200"), ("帮我查一下，三百五", "350"), ("五年，4200", "4200"), ("3和4", None), ("第一个", None)],
)
def test_the_only_number(text: str, number: str | None) -> None:
    """What counts time or only looks like a number is passed over."""
    assert chinese_numbers.number(text) == number


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("五年", "60 months"),
        ("分五年还清", "60 months"),
        ("一年半", "18 months"),
        ("半年", "6 months"),
        ("18个月", "18 months"),
        ("两年零三个月", "27 months"),
        ("1985年5月3日", None),
        ("三个半月", None),
        ("五月", None),
        ("三百年", None),
    ],
)
def test_spans_of_time(text: str, months: str | None) -> None:
    """Whole months; a year of a date is none."""
    assert chinese_numbers.duration(text) == months


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("4710023", "4710023"),
        ("我的客户号是四七幺，零零二三", "4710023"),
        ("47 10-023", "4710023"),
        ("1000000块", None),
        ("471", None),
    ],
)
def test_digits_one_by_one(text: str, digits: str | None) -> None:
    """In groups of any size, but no sum of money."""
    assert chinese_numbers.digits_of_length(text, 7) == digits


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("订单A1042到哪了", "A1042"),
        ("a一零四二", "A1042"),
        ("A杠幺零四二", "A1042"),
        ("A一千零四十二", "A1042"),
        ("订单号是1042", "1042"),
        ("我要3个B", None),
        ("花了1042块", None),
        ("4710023", None),
    ],
)
def test_order_numbers(text: str, order: str | None) -> None:
    """A letter with digits however they are read, or digits that are called an order's."""
    assert chinese_numbers.order_number(text, LENGTHS) == order


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("两个水壶", "2"), ("来一打", "12"), ("十二块", None), ("帮我查一下", None), ("下午两点，三个人", "3")],
)
def test_quantities(text: str, quantity: str | None) -> None:
    """Things, not money nor hours."""
    assert chinese_numbers.quantity(text) == quantity


@given(st.text(alphabet="零一二三四五六七八九十百千万亿点两半年月个块元毛0123456789.,A订单号 "))
def test_any_line_is_read_or_left(text: str) -> None:
    """However odd the numbers are, a value that comes back has its form."""
    assert (chinese_numbers.amount(text) or "0.00")[-3] == "."
    assert (chinese_numbers.duration(text) or "1 months").endswith(" months")
    assert (chinese_numbers.digits_of_length(text, 7) or "0000000").isdigit()
    assert len(chinese_numbers.order_number(text, LENGTHS) or "A1042") in range(4, 10)
    assert Decimal(chinese_numbers.number(text) or "0") >= 0
