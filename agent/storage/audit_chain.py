"""The audit log as a chain of entries: a keyed hash of each covers the one before, so that no change goes unseen."""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Self

import msgspec

from agent.core.errors import StoreError

CUT = "audit.cut"
"""Action of the entry that allows those up to its subject, a number, to be removed; it keeps the hash of the last."""
LOSS = "audit.loss"
"""Action of the entry that was written when those which the anchor knew were gone."""
START = "0" * 64
"""What the first entry has for the hash of the one before."""
ACTOR_LENGTH, ACTION_LENGTH, SUBJECT_LENGTH, DETAIL_LENGTH = 128, 64, 128, 1_000

Detail = str | int | bool


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to whom, and when."""

    seq: int
    """Counts from 1."""
    at_ms: int
    """Unix time."""
    actor: str
    action: str
    subject: str
    details: str
    """JSON object with its keys in order."""
    previous_hash: str
    hash: str
    """HMAC-SHA-256, in hex, over all of the above."""


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The entry up to which a log is known to have reached, kept where the database is not."""

    seq: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str` writes, `seq:hash`. Raises `StoreError` for anything else."""
        found = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", text.strip(), re.ASCII)
        if found is None:
            raise StoreError("that is no anchor of an audit log; `agent audit verify` prints one, such as 17:5f2c…")
        return cls(seq=int(found[1]), hash=found[2])

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


def link(
    key: bytes,
    previous: Anchor | None,
    *,
    at_ms: int,
    actor: str,
    action: str,
    subject: str = "",
    details: Mapping[str, Detail] | None = None,
) -> Entry:
    """The entry that comes after `previous`, or the first. Names that are too long are cut, and what no database takes
    is replaced, as they may be what a stranger typed."""
    entry = Entry(
        seq=1 if previous is None else previous.seq + 1,
        at_ms=at_ms,
        actor=_storable(actor, ACTOR_LENGTH),
        action=_storable(action, ACTION_LENGTH),
        subject=_storable(subject, SUBJECT_LENGTH),
        details=msgspec.json.encode(
            {name: _storable_detail(value) for name, value in (details or {}).items()}, order="sorted"
        ).decode(),
        previous_hash=START if previous is None else previous.hash,
        hash="",
    )
    return msgspec.structs.replace(entry, hash=hash_of(key, entry))


def hash_of(key: bytes, entry: Entry) -> str:
    """The hash that `entry` should have: HMAC-SHA-256 over the JSON list of its other fields."""
    fields = msgspec.structs.astuple(entry)[:-1]
    return hmac.new(key, msgspec.json.encode(fields), sha256).hexdigest()


def _storable_detail(value: Detail) -> Detail:
    return _storable(value, DETAIL_LENGTH) if isinstance(value, str) else value


def _storable(text: str, longest: int) -> str:
    """Without control characters and halves of characters, which PostgreSQL and UTF-8 refuse."""
    return "".join("\N{REPLACEMENT CHARACTER}" if not _storable_letter(letter) else letter for letter in text[:longest])


def _storable_letter(letter: str) -> bool:
    return letter >= " " and letter != "\x7f" and not "\ud800" <= letter <= "\udfff"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a log, and what is wrong with it."""

    ok: bool
    entries: int
    head: str | None
    """Anchor of the last entry, to be kept somewhere else; None for an empty log."""
    faults: tuple[str, ...]
    later: int
    """Entries after the one that the anchor names, by a machine with an anchor of its own."""


class ChainCheck:
    """Told all entries in the order of their numbers; then `verdict` says what was done to them."""

    def __init__(self, key: bytes, anchor: Anchor | None, *, known_losses_up_to: int = 0) -> None:
        self._key = key
        self._anchor = anchor
        self._known_losses_up_to = known_losses_up_to
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._entries = 0
        self._altered = 0
        self._faults: list[str] = []
        self._cuts: set[tuple[str, str]] = set()
        """Number and hash of entries up to which the log was allowed to be cut."""

    def add(self, entry: Entry) -> None:
        self._entries += 1
        if self._first is None or self._last is None:
            self._first = entry
        elif entry.seq != self._last.seq + 1:
            self._faults.append(_missing(self._last.seq + 1, entry.seq - 1))
        elif entry.previous_hash != self._last.hash:
            self._faults.append(f"entry {entry.seq} does not follow entry {self._last.seq}: one of them was replaced")
        if not hmac.compare_digest(entry.hash.encode(), hash_of(self._key, entry).encode()):
            self._altered += 1
            self._faults.append(f"entry {entry.seq} was altered")
        elif entry.action == CUT:
            self._cuts.add((entry.subject, _kept_hash(entry)))
        elif entry.action == LOSS and entry.seq > self._known_losses_up_to:
            self._faults.append(
                f"when entry {entry.seq} was written, the log had lost its end: {entry.subject} was known to be in it. "
                "A restored backup does that, and so does who removes entries"
            )
        if self._anchor is not None and entry.seq == self._anchor.seq and entry.hash != self._anchor.hash:
            self._faults.append(f"entry {entry.seq} is not the one that the anchor names")
        self._last = entry

    def verdict(self) -> Verdict:
        faults = [*self._faults_at_the_ends(), *self._faults]
        if self._entries and self._altered == self._entries:
            faults = ["no entry fits the key: it is another installation's key, or all were altered"]
        later = 0
        if self._last is not None and self._anchor is not None:
            later = max(0, self._last.seq - self._anchor.seq)
        head = None if self._last is None else str(Anchor(seq=self._last.seq, hash=self._last.hash))
        return Verdict(ok=not faults, entries=self._entries, head=head, faults=tuple(faults), later=later)

    def _faults_at_the_ends(self) -> list[str]:
        faults = []
        first, last, anchor = self._first, self._last, self._anchor
        if first is not None and first.seq > 1 and (str(first.seq - 1), first.previous_hash) not in self._cuts:
            faults.append(f"{_missing(1, first.seq - 1)}, and no entry says that the log was cut there")
        reached = 0 if last is None else last.seq
        if anchor is not None and anchor.seq > reached:
            faults.append(f"{_missing(reached + 1, anchor.seq)} at the end: the anchor knows {anchor.seq}")
        return faults


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"


def _kept_hash(entry: Entry) -> str:
    return str(msgspec.json.decode(entry.details, type=dict[str, Detail]).get("hash", ""))
