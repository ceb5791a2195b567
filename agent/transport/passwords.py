"""Passwords of staff: which ones are taken, and how they are kept.

Argon2id with 19 MiB, two passes and one lane, the least that OWASP's Password Storage Cheat Sheet names: a sign-in
shares its processor with calls. A hash made with other parameters is still verified.
"""

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from agent.core.errors import AccountError

SHORTEST = 12
LONGEST = 256
"""Hashing a text of any length would be work for whoever wants to give some."""

_hash = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))


def hash_password(password: str) -> str:
    """A PHC string with a salt of its own. Takes some 30 ms of a core and 19 MiB."""
    return _hash.hash(password)


def is_password(password: str, kept: str) -> bool:
    """Whether `kept` was made of `password`. Takes as long as `hash_password`, whatever the answer."""
    try:
        return _hash.verify(password, kept)
    except UnknownHashError:
        return False


def require_good_password(password: str, *, name: str) -> None:
    """Raises `AccountError` for a password that is short, far too long, or little more than its owner's name.

    Length is what counts, and no kinds of characters are asked for (NIST SP 800-63B, section 5.1.1.2).
    """
    if len(password) < SHORTEST:
        raise AccountError(f"a password has {SHORTEST} characters or more; four random words are easy to remember")
    if len(password) > LONGEST:
        raise AccountError(f"a password has {LONGEST} characters at most")
    beside_name = password.casefold().replace(name.casefold(), "").strip(" -_.0123456789")
    if not beside_name or len(set(password)) < SHORTEST // 3:
        raise AccountError("this password is one of the first that anybody would try; take four random words")
