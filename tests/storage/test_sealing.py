"""Sealed values: opened with their keys and at their place, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import StoreError
from agent.storage.keyring import Keyring
from agent.storage.sealing import OVERHEAD_BYTES, Vault, WrappedKey, is_sealed, rewrapped

KEYRING = Keyring.fresh()
PLACE = ("c1", "utterances", "text")


def vault() -> Vault:
    fresh = Vault(KEYRING)
    fresh.begin("c1")
    return fresh


@given(st.binary(max_size=500))
def test_what_is_sealed_is_opened_again(clear: bytes) -> None:
    """Any bytes come back as they were, and are sealed differently each time."""
    sealer = vault()
    sealed = sealer.seal(*PLACE, clear)
    assert is_sealed(sealed)
    assert len(sealed) == len(clear) + OVERHEAD_BYTES
    assert sealer.open(*PLACE, sealed) == clear
    assert sealer.seal(*PLACE, clear) != sealed


@given(st.text())
def test_no_text_looks_sealed(text: str) -> None:
    """What was written in clear is told from what is sealed, and is read as it is."""
    assert not is_sealed(text.encode())
    assert vault().open(*PLACE, text.encode()) == text.encode()


@pytest.mark.parametrize("place", [("c2", *PLACE[1:]), ("c1", "replies", "text"), ("c1", "utterances", "speaker")])
def test_moved_value_is_refused(place: tuple[str, str, str]) -> None:
    """A value that is put under another call, table or column cannot be opened, and the message says where."""
    sealer = vault()
    sealer.begin("c2")
    sealed = sealer.seal(*PLACE, b"hello")
    with pytest.raises(StoreError, match=f"{place[1]}.{place[2]} of call {place[0]} was altered"):
        sealer.open(*place, sealed)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_altered_value_is_refused(position: int, change: int) -> None:
    """Not one bit after the mark can be changed without being noticed."""
    sealer = vault()
    sealed = bytearray(sealer.seal(*PLACE, b"where is my order"))
    sealed[2 + position % (len(sealed) - 2)] ^= change
    with pytest.raises(StoreError, match="was altered"):
        sealer.open(*PLACE, bytes(sealed))


@given(st.binary(max_size=40))
def test_short_value_is_refused(rest: bytes) -> None:
    """A value that was cut off is an error like one that was altered."""
    with pytest.raises(StoreError, match="was altered"):
        vault().open(*PLACE, b"\xff\x01" + rest)


def test_data_key_is_wrapped_for_its_call() -> None:
    """Another process opens the call with the wrapped key; the wrapped key of another call opens nothing."""
    sealer = Vault(KEYRING)
    kept = sealer.begin("c1")
    sealed = sealer.seal(*PLACE, b"hello")
    reader = Vault(Keyring.parsed(KEYRING.text(), "a copy"))
    reader.learn("c1", kept)
    assert reader.open(*PLACE, sealed) == b"hello"
    with pytest.raises(StoreError, match="data key of call c2 was altered"):
        reader.learn("c2", kept)


def test_rotated_key_opens_what_was_sealed_before() -> None:
    """Wrapping a data key anew leaves what it has sealed as it is; the old master key is not needed any more."""
    sealer = Vault(KEYRING)
    kept = sealer.begin("c1")
    sealed = sealer.seal(*PLACE, b"hello")
    rotated = KEYRING.rotated()
    reader = Vault(rotated.without(KEYRING.current.id))
    reader.learn("c1", rewrapped(rotated, "c1", kept))
    assert reader.open(*PLACE, sealed) == b"hello"
    with pytest.raises(StoreError, match=f"sealed with master key {KEYRING.current.id}"):
        reader.learn("c1", kept)


def test_call_without_data_key_stays_shut() -> None:
    """Once the data key is forgotten or destroyed nothing is sealed or opened, and the message names the call."""
    sealer = vault()
    sealed = sealer.seal(*PLACE, b"hello")
    sealer.forget("c1")
    assert "c1" not in sealer
    for act in (sealer.open, sealer.seal):
        with pytest.raises(StoreError, match="no data key of call c1"):
            act(*PLACE, sealed)


def test_empty_wrapped_key_is_refused() -> None:
    """What is left of a wrapped key that was cut off opens nothing."""
    with pytest.raises(StoreError, match="data key of call c1 was altered"):
        Vault(KEYRING).learn("c1", WrappedKey(b"", KEYRING.current.id))
