"""Programs are known by keys, given as they are or as digests, and every key is one program's."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.core.errors import SettingsError
from agent.core.identity import Role
from agent.core.settings import IdentitySettings
from agent.transport.keys import ProgramKeys

KEY = "a key of sixteen letters or more"


def known(*entries: dict[str, object]) -> ProgramKeys:
    return ProgramKeys(IdentitySettings.model_validate({"keys": entries}))


@pytest.mark.parametrize("form", [{"key": KEY}, {"sha256": hashlib.sha256(KEY.encode()).hexdigest()}], ids=str)
def test_a_program_is_known_by_its_key(form: dict[str, object]) -> None:
    """Whether the settings hold the key or only its digest."""
    keys = known({"key": "another program's key", "role": "engineer"}, {**form, "role": "business", "name": "site"})
    program = keys.program_of(KEY)
    assert program is not None and (program.role, program.name) == (Role.BUSINESS, "site")
    assert keys.program_of(hashlib.sha256(KEY.encode()).hexdigest()) is None


@given(st.text())
def test_nobody_is_known_by_anything_else(shown: str) -> None:
    """Whatever is shown in place of a key opens nothing and breaks nothing."""
    assert known({"key": KEY, "role": "admin"}).program_of(shown) is None


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"key": "too short", "role": "admin"}, "16 characters"),
        ({"key": KEY, "sha256": "0" * 64, "role": "admin"}, "not as both"),
        ({"role": "admin"}, "as key or as sha256"),
        ({"key": KEY, "role": "customer"}, "business, supervisor, engineer or admin"),
        ({"sha256": "abc", "role": "admin"}, "pattern"),
    ],
    ids=["short", "twice", "none", "no program", "no digest"],
)
def test_an_entry_that_makes_no_sense_is_refused(entry: dict[str, object], complaint: str) -> None:
    """At start-up, with what to change."""
    with pytest.raises(ValidationError, match=complaint):
        known(entry)


def test_two_programs_cannot_share_a_key() -> None:
    """Nobody could tell which of two roles was meant."""
    with pytest.raises(SettingsError, match="twice"):
        known({"key": KEY, "role": "admin"}, {"key": KEY, "role": "business"})
