import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.contacts import email, telephone


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("my email is John.Smith@Example.com.", "john.smith@example.com"),
        ("john dot smith at example dot com", "john.smith@example.com"),
        ("it's j o h n five at gmail.com", "john5@gmail.com"),
        ("anna at g mail dot co dot uk please", "anna@gmail.co.uk"),
        ("maria minus young at mail dash box dot org", "maria-young@mail-box.org"),
        ("lee 42 at hotmail dot com", "lee42@hotmail.com"),
        ("是zhang下划线san艾特qq点com", "zhang_san@qq.com"),
        ("邮箱：li.na@163.com，谢谢", "li.na@163.com"),
    ],
)
def test_addresses_written_and_spoken(text: str, address: str) -> None:
    """Marks by their names, letters one by one, a host in pieces."""
    assert email(text) == address


@pytest.mark.parametrize(
    "text", ["", "I am at home", "meet me at noon dot", "@", "at dot com", "a@b", "look at this. Please"]
)
def test_no_address(text: str) -> None:
    """An "at" alone makes none."""
    assert email(text) is None


@given(
    st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z]{2,6})?", fullmatch=True),
    st.from_regex(r"[a-z]{2,9}\.(com|org|de)", fullmatch=True),
)
def test_what_is_spelled_by_word_is_what_is_written(name: str, host: str) -> None:
    """Saying "dot" and "at" for the marks changes nothing."""
    assert email(f"write to {name}@{host} now") == f"{name}@{host}"


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("call (415) 555-0123", "US", "+14155550123"),
        ("four one five five five five zero one two three", "US", "+14155550123"),
        ("plus four four two zero seven nine four six zero nine five eight", "US", "+442079460958"),
        ("我的电话是13812345678", "CN", "+8613812345678"),
        ("手机幺三八 一二三四 五六七八", "CN", "+8613812345678"),
        ("+49 30 901820", "CN", "+4930901820"),
    ],
)
def test_telephone_numbers(text: str, region: str, number: str) -> None:
    """In figures or spoken, of the region unless they say which."""
    assert telephone(text, region=region) == number


@pytest.mark.parametrize("text", ["", "order A1042", "4710023", "it is 12 dollars", "my birthday is 1985-05-03"])
def test_no_telephone_number(text: str) -> None:
    """Too short, or something else."""
    assert telephone(text, region="US") is None


@given(st.text())
def test_any_line_is_read_or_left(text: str) -> None:
    """A number that comes back is one, and an address has its mark."""
    assert (telephone(text, region="US") or "+").startswith("+")
    assert "@" in (email(text) or "@")
