"""The archive's keys: made once, kept apart, never written over, and pseudonyms that come of them."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from agent.core.errors import StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage.keyring import Keyring, key_path, opened


@pytest.fixture
def storage(tmp_path: Path) -> StorageSettings:
    return StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'calls.sqlite3'}")


def test_keys_are_made_once_for_their_owner_only(storage: StorageSettings) -> None:
    """The first start makes a file that nobody else may read; the next uses the same keys and leaves nothing else."""
    first = opened(storage, ())
    assert opened(storage, [first.current.id]) == first
    assert first.path == key_path(storage)
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert os.listdir(first.folder) == ["calls.keys"]


def test_lost_keys_are_not_replaced(storage: StorageSettings) -> None:
    """Where calls were sealed, a missing file is an error that names it, and no new one is made."""
    with pytest.raises(StoreError, match=r"calls\.keys.*is missing"):
        opened(storage, ["0123456789abcdef"])
    assert not key_path(storage).exists()


def test_keys_of_another_archive_are_refused(storage: StorageSettings) -> None:
    """The message names the key that is lacking; the file stays as it is."""
    opened(storage, ())
    before = key_path(storage).read_bytes()
    with pytest.raises(StoreError, match="0123456789abcdef, which .* does not hold"):
        opened(storage, ["0123456789abcdef"])
    assert key_path(storage).read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("root:", "boot:"),
        lambda text: text[:-20],
        lambda text: "",
        lambda text: text + text,
        lambda text: "\n".join(line for line in text.splitlines() if not line.startswith("master")),
    ],
)
def test_broken_keys_are_refused(storage: StorageSettings, damage: object) -> None:
    """Half a file, or another file, opens nothing, and the message names it."""
    opened(storage, ())
    path = key_path(storage)
    path.write_text(damage(path.read_text()))  # type: ignore[operator]
    with pytest.raises(StoreError, match=r"calls\.keys"):
        opened(storage, ())


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_keys(text: str) -> None:
    """Whatever a file holds, it is keys or it is refused."""
    with pytest.raises(StoreError, match="the file"):
        Keyring.parsed(text, "the file")


def test_keys_may_come_from_the_environment(storage: StorageSettings) -> None:
    """With `storage.keys` no file is read or made, and the keys are the ones that were given."""
    given_keys = Keyring.fresh()
    words = SecretStr(" ".join(given_keys.text().split()))
    keyring = opened(storage.model_copy(update={"keys": words}), [given_keys.current.id])
    assert (keyring.root, keyring.masters, keyring.path) == (given_keys.root, given_keys.masters, None)
    assert not key_path(storage).exists()


def test_keys_never_show(storage: StorageSettings) -> None:
    """What is printed of a keyring holds no key."""
    keyring = opened(storage, ())
    keys = [word.rpartition(":")[2] for word in keyring.text().split()]
    assert len(keys) == 2
    assert not any(key in repr(keyring) for key in keys)
    assert repr(keyring.root) not in repr(keyring)


def test_rotation_keeps_secrets_and_pseudonyms() -> None:
    """A new master key wraps what is new; what comes of the root stays the same, and differs by name."""
    before = Keyring.fresh()
    after = before.rotated()
    assert after.current.id != before.current.id
    assert after.master(before.current.id) == before.current
    assert after.secret("audit") == before.secret("audit") != before.secret("certificates")
    assert after.pseudonym_of("ada") == before.pseudonym_of("ada")


def test_pseudonyms_tell_nothing_without_the_keys() -> None:
    """The same customer has one pseudonym in an archive and another in the next; a guest is a guest everywhere."""
    here, there = Keyring.fresh(), Keyring.fresh()
    assert here.pseudonym_of("ada") != here.pseudonym_of("bob")
    assert here.pseudonym_of("ada") != there.pseudonym_of("ada")
    assert len(here.pseudonym_of("ada")) == 32
    assert here.pseudonym_of("guest") == "guest"
