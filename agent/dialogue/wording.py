"""How the facts of a business are put into words of the customer's language: dates, money, goods, labels of cards."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, Protocol, TypeVar, cast

import msgspec
import yaml

from agent.core.errors import SettingsError
from agent.dialogue import spoken
from agent.dialogue.packs import HOUSE, folder_of

NOON = 12
SOURCE = "en"
"""The language that flows, cards and tools are written in; phrases of all others are translations of it."""
Joint = Literal["and", "or"]


class Wording(Protocol):
    """What tools put their answers together with."""

    @property
    def language(self) -> str:
        """ISO 639-1."""
        ...

    def phrase(self, english: str, **values: str) -> str:
        """The phrase with its placeholders filled: labels, names of goods, parts of sentences. A phrase that is not
        translated stays English."""
        ...

    def day(self, when: date) -> str:
        """A date by itself."""
        ...

    def on_day(self, when: date, today: date) -> str:
        """A date as part of a sentence, "tomorrow" where it is near."""
        ...

    def short_day(self, when: date) -> str:
        """A date in a list, without the day of the week."""
        ...

    def time(self, when: time) -> str:
        """A time of day."""
        ...

    def money(self, cents: int) -> str: ...

    def goods(self, name: str, quantity: int) -> str:
        """Things of one kind and how many; `name` is English."""
        ...

    def listing(self, parts: Sequence[str], joint: Joint) -> str: ...


class _English:
    language = SOURCE

    def phrase(self, english: str, **values: str) -> str:
        return english.format_map(values) if values else english

    def day(self, when: date) -> str:
        return spoken.day(when)

    def on_day(self, when: date, today: date) -> str:
        return spoken.on_day(when, today)

    def short_day(self, when: date) -> str:
        return f"{when:%b} {when.day}"

    def time(self, when: time) -> str:
        """ "2:40 pm"."""
        return f"{(when.hour - 1) % 12 + 1}:{when:%M} {'am' if when.hour < NOON else 'pm'}"

    def money(self, cents: int) -> str:
        return spoken.money(cents)

    def goods(self, name: str, quantity: int) -> str:
        return spoken.goods(name, quantity)

    def listing(self, parts: Sequence[str], joint: Joint) -> str:
        return spoken.listing(parts, joint)


class _Chinese:
    language = "zh"

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._phrases = phrases

    def phrase(self, english: str, **values: str) -> str:
        pattern = self._phrases.get(english, english)
        return pattern.format_map(values) if values else pattern

    def day(self, when: date) -> str:
        """ "11月23日星期四"."""
        return f"{when.month}月{when.day}日星期{'一二三四五六日'[when.weekday()]}"

    def on_day(self, when: date, today: date) -> str:
        near = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
        return near.get((when - today).days) or self.day(when)

    def short_day(self, when: date) -> str:
        return f"{when.month}月{when.day}日"

    def time(self, when: time) -> str:
        """ "上午9点", "下午3点半", "下午3点20分"."""
        half = "上午" if when.hour < 12 else "下午" if when.hour < 18 else "晚上"
        minutes = "半" if when.minute == 30 else f"{when.minute}分" if when.minute else ""
        return f"{half}{(when.hour - 1) % 12 + 1}点{minutes}"

    def money(self, cents: int) -> str:
        """ "40美元", "1,250.50美元", "负40美元"."""
        sign, whole, rest = "负" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
        return f"{sign}{whole:,}美元" if rest == 0 else f"{sign}{whole:,}.{rest:02}美元"

    def goods(self, name: str, quantity: int) -> str:
        translated = self.phrase(name)
        return translated if quantity == 1 else f"{quantity}件{translated}"

    def listing(self, parts: Sequence[str], joint: Joint) -> str:
        if len(parts) == 1:
            return parts[0]
        return "、".join(parts[:-1]) + {"and": "和", "or": "还是"}[joint] + parts[-1]


Part = TypeVar("Part")
_KEPT = frozenset({"id", "name", "kind", "about", "url", "reference"})
"""Fields of cards that are no words."""


def in_words_of(phrase: Callable[[str], str], part: Part) -> Part:
    """A part of a card, or a pattern of one, with every text in it put through `phrase`."""
    match part:
        case str():
            return cast(Part, phrase(part))
        case tuple():
            return cast(Part, tuple(in_words_of(phrase, each) for each in part))
        case msgspec.Struct():
            fields = {name: getattr(part, name) for name in part.__struct_fields__ if name not in _KEPT}
            changed = {name: in_words_of(phrase, value) for name, value in fields.items()}
            return cast(Part, msgspec.structs.replace(part, **changed))
    return part


def wording(pack: str, language: str) -> Wording:
    """The words of `pack`, as in `__package__` of its tools, in `language`; English where it has no phrases of it."""
    phrases = load_phrases(pack, language)
    return _Chinese(phrases) if language == "zh" and phrases else _English()


def plain_wording(language: str) -> Wording:
    """Words that no pack has phrases for."""
    return _Chinese({}) if language == "zh" else _English()


@lru_cache(maxsize=16)
def load_phrases(pack: str, language: str) -> Mapping[str, str]:
    """English phrases and what they are in `language`, from `phrases.<language>.yaml` of the pack and, for what all
    businesses say, beside it; empty where the pack has none. Raises `SettingsError` for a file that is none."""
    own = folder_of(pack) / f"phrases.{language}.yaml"
    return {**_read(files(HOUSE) / f"phrases.{language}.yaml"), **_read(own)} if own.is_file() else {}


def _read(file: Traversable) -> dict[str, str]:
    try:
        phrases = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except yaml.YAMLError as fault:
        raise SettingsError(f"{file.name}: {fault}") from None
    if not isinstance(phrases, dict) or not all(isinstance(part, str) for pair in phrases.items() for part in pair):
        raise SettingsError(f"{file.name} is no list of English phrases with their translations, each as text")
    return phrases
