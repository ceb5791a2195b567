"""What a business wants to have read from a customer's line: its intents, with examples of each, and its slots."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal

SlotKind = Literal[
    "order_number",
    "digits",
    "words",
    "amount",
    "number",
    "duration",
    "past_day",
    "coming_day",
    "time_of_day",
    "birth_date",
    "quantity",
    "goods",
    "telephone",
    "email",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPattern:
    """What fills one slot; `agent.perception.slots` says how each kind is found and what its values look like."""

    kind: SlotKind
    digits: int = 0
    """How many digits a value of the kind "digits" has."""
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of the kinds "words" and "goods", each with the ways of saying it."""
    affirmed: bool = False
    """True when words after a "no" or "not" do not count, as in "no chest pain"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """Taken from a domain pack. Lines that belong to no intent teach what to leave alone."""

    name: str
    """The pack."""
    intents: tuple[str, ...]
    """In the order of a model's output."""
    texts: tuple[str, ...]
    labels: tuple[str | None, ...]
    """The intent of each text; None where it is none of them."""
    slots: dict[str, SlotPattern]
    language: str = "en"
    """Of the texts, ISO 639-1."""

    @property
    def digest(self) -> str:
        """Hexadecimal sha256 of intents and examples: a model that was trained on others does not fit."""
        content = [self.intents, self.texts, self.labels]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
