"""Whatever is done to an audit log without its key is found, and an untouched one is never accused."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import StoreError
from agent.storage.audit_chain import (
    CUT,
    LOSS,
    START,
    SUBJECT_LENGTH,
    Anchor,
    ChainCheck,
    Entry,
    Verdict,
    hash_of,
    link,
)

KEY = b"k" * 32
WORDS = st.text(max_size=20)
DETAILS = st.dictionaries(WORDS, WORDS | st.integers(-(2**53), 2**53) | st.booleans(), max_size=3)


def written(length: int, *, key: bytes = KEY) -> list[Entry]:
    """A log of `length` entries, each with a subject of its own."""
    log: list[Entry] = []
    for number in range(length):
        log.append(link(key, anchor_of(log), at_ms=1_000 + number, actor="staff:ada", action="a", subject=f"s{number}"))
    return log


def anchor_of(log: list[Entry]) -> Anchor | None:
    return Anchor(seq=log[-1].seq, hash=log[-1].hash) if log else None


def judged(log: list[Entry], anchor: Anchor | None, *, known: int = 0) -> Verdict:
    check = ChainCheck(KEY, anchor, known_losses_up_to=known)
    for entry in log:
        check.add(entry)
    return check.verdict()


@given(st.lists(st.tuples(WORDS, WORDS, WORDS, DETAILS), max_size=8))
def test_an_untouched_log_is_never_accused(deeds: list[tuple[str, str, str, dict[str, str | int | bool]]]) -> None:
    """Whatever was recorded, by any name, it verifies up to its last entry."""
    log: list[Entry] = []
    for actor, action, subject, details in deeds:
        log.append(
            link(KEY, anchor_of(log), at_ms=5, actor=actor, action=f"x{action}", subject=subject, details=details)
        )
    verdict = judged(log, anchor_of(log))
    assert (verdict.ok, verdict.entries, verdict.faults) == (True, len(deeds), ())
    assert verdict.head == (str(anchor_of(log)) if log else None)


@given(
    at=st.integers(0, 9),
    field=st.sampled_from([name for name in Entry.__struct_fields__ if name not in ("seq", "previous_hash", "hash")]),
    word=st.text(max_size=5),
)
def test_one_field_altered_is_found(at: int, field: str, word: str) -> None:
    """No field of any entry can be changed, and the entry that was is named."""
    log = written(10)
    old = getattr(log[at], field)
    new = old + 1 if isinstance(old, int) else f"{old}{word or ' '}"
    log[at] = msgspec.structs.replace(log[at], **{field: new})
    assert judged(log, anchor_of(log)).faults == (f"entry {at + 1} was altered",)


@given(first=st.integers(0, 9), length=st.integers(1, 10))
def test_entries_removed_anywhere_are_found(first: int, length: int) -> None:
    """Gone from the beginning, the middle or the end, they are missed by number."""
    log = written(10)
    anchor = anchor_of(log)
    del log[first : first + length]
    [fault] = judged(log, anchor).faults
    assert "missing" in fault and str(first + 1) in fault


@given(st.randoms(use_true_random=False))
def test_entries_renumbered_are_found(chance: random.Random) -> None:
    """Who shuffles the entries and numbers them anew has altered those that moved."""
    log = written(6)
    anchor = anchor_of(log)
    shuffled = chance.sample(log, len(log))
    renumbered = [msgspec.structs.replace(entry, seq=number + 1) for number, entry in enumerate(shuffled)]
    assert judged(renumbered, anchor).ok == (renumbered == log)


def test_an_end_written_by_somebody_without_the_key_is_found() -> None:
    """Entries that continue the chain properly, but under another key, are altered ones."""
    log = written(3)
    forged = link(b"x" * 32, anchor_of(log), at_ms=9, actor="staff:ada", action="staff.signed_in")
    assert judged([*log, forged], anchor_of(log)).faults == ("entry 4 was altered",)


def test_a_log_replaced_by_an_older_one_of_the_same_key_is_found() -> None:
    """An entry with the number of the anchor, but of another history, is not the one that the anchor names."""
    other = link(KEY, anchor_of(written(2)), at_ms=7, actor="server", action="b")
    assert judged([*written(2), other], anchor_of(written(3))).faults == (
        "entry 3 is not the one that the anchor names",
    )


def test_a_wrong_key_is_one_sentence() -> None:
    """Where nothing fits, the key is to be doubted before every single entry is."""
    verdict = judged(written(50, key=b"other" * 7), None)
    assert len(verdict.faults) == 1 and "key" in verdict.faults[0]


def test_a_log_that_was_cut_begins_where_it_says() -> None:
    """A beginning is missing rightly if an entry allows it and knows the last one's hash; otherwise it was removed."""
    log = written(6)
    kept = {"hash": log[3].hash}
    log.append(link(KEY, anchor_of(log), at_ms=9, actor="server", action=CUT, subject="4", details=kept))
    assert judged(log[4:], anchor_of(log)).ok
    assert not judged(log[5:], anchor_of(log)).ok
    assert not judged(log[3:], anchor_of(log)).ok


def test_a_loss_that_is_written_down_stays_a_fault_until_it_is_known() -> None:
    """Later entries do not heal a log that had lost its end; whoever has looked into it says so by number."""
    log = written(3)
    log.append(link(KEY, anchor_of(log), at_ms=9, actor="server", action=LOSS, subject="8:00"))
    assert not judged(log, anchor_of(log)).ok
    assert judged(log, anchor_of(log), known=4).ok


def test_another_machines_entries_come_after_the_anchor() -> None:
    """They are counted, and are no fault."""
    log = written(5)
    verdict = judged(log, anchor_of(log[:3]))
    assert (verdict.ok, verdict.later) == (True, 2)


@given(actor=st.text(alphabet=st.characters(codec=None), max_size=300))
def test_what_strangers_typed_fits_every_database(actor: str) -> None:
    """A name that was tried may be of any length and hold anything; what is kept does not, and is hashed as kept."""
    entry = link(KEY, None, at_ms=1, actor="staff:x", action="staff.refused", subject=actor, details={"tried": actor})
    assert len(entry.subject) <= SUBJECT_LENGTH
    assert "\x00" not in entry.subject + entry.details
    assert entry.subject.encode().decode() == entry.subject
    assert (entry.previous_hash, entry.hash) == (START, hash_of(KEY, entry))


@given(seq=st.integers(1, 10**18 - 1), digest=st.binary(min_size=32, max_size=32))
def test_an_anchor_is_read_as_it_was_written(seq: int, digest: bytes) -> None:
    """What is printed for an operator to keep can be given back."""
    anchor = Anchor(seq=seq, hash=digest.hex())
    assert Anchor.parse(f" {anchor}\n") == anchor


@given(st.text(max_size=90) | st.from_regex(r"[0-9٠-٩-]{1,20}:[0-9a-fA-F]{60,66}", fullmatch=True))
def test_what_is_no_anchor_is_refused(text: str) -> None:
    """Anything else is a `StoreError`, and what is read is written the same again."""
    try:
        anchor = Anchor.parse(text)
    except StoreError:
        return
    assert str(anchor) == text.strip()


@pytest.mark.parametrize("text", ["", "7", ":", "0:" + "0" * 64, "-1:" + "0" * 64, "1:" + "g" * 64, "1:" + "0" * 65])
def test_near_anchors_are_refused_in_words(text: str) -> None:
    """The sentence says what one looks like."""
    with pytest.raises(StoreError, match="17:5f2c"):
        Anchor.parse(text)
