"""Passwords are kept so that they cannot be read back, and bad ones are not taken."""

import pytest

from agent.core.errors import AccountError
from agent.transport.passwords import hash_password, is_password, require_good_password


def test_a_password_is_known_again_by_a_hash_that_is_never_the_same() -> None:
    """Argon2id with a salt of its own; another password, or something that is no hash, does not fit."""
    first, second = hash_password("four words of tests"), hash_password("four words of tests")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and first != second
    assert is_password("four words of tests", first) and is_password("four words of tests", second)
    assert not is_password("four words of test", first)
    assert not is_password("four words of tests", "no hash")


@pytest.mark.parametrize(
    "password", ["", "eleven char", "aaaaaaaaaaaaaaaa", "ada-ada-ada-ada", "Ada1234567890123", "x" * 257]
)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    """Too short, too long, one letter over and over, or the name with digits."""
    with pytest.raises(AccountError):
        require_good_password(password, name="ada")


@pytest.mark.parametrize("password", ["correct horse battery", "十二个字符以上的一句中文密码", "x7!kQ2@vB9#m"])
def test_long_ones_of_any_kind_are_taken(password: str) -> None:
    """No kinds of characters are asked for; what is taken is known again."""
    require_good_password(password, name="ada")
    assert is_password(password, hash_password(password))
