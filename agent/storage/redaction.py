"""Takes out of texts what names a person or opens an account, before they are written anywhere.

It reads figures, and digits and addresses that are spelled aloud in English or with Chinese digits, as transcripts hold
them. Names, addresses of houses and dates of birth stay; so do numbers of orders, amounts and times.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from agent.core.number_words import CHINESE_SPOKEN, TEENS, TENS, TIMES, UNITS
from agent.storage.figures import plain, tokens
from agent.storage.mail_addresses import mail_addresses
from agent.storage.telling_numbers import Found, telling_numbers

MAIL = "[mail]"
_WRITTEN_BY_PROGRAMS = frozenset({"type", "kind", "call_id", "id", "locale", "language", "url", "name"})
"""Fields of messages by which programs find things again."""
_PSEUDONYM = re.compile(r"(?=.*[a-f])[0-9a-f]{32}")
"""A customer's name in the archive: among so many of its figures any number may stand by chance."""
_SPELLS = re.compile(
    rf"[\d@{''.join(CHINESE_SPOKEN)}]|艾特|圈a|\b(?:at|{'|'.join(sorted({*UNITS, *TEENS, *TENS, *TIMES} - {'o'}))})\b"
)
"""Without any of these there is nothing to be found."""


def redacted(text: str, *, about: str = "") -> str:
    """The text without what names a person or opens an account; never longer than it was.

    `about` says what the text is, such as the label that stands before it: "order number".
    """
    line = plain(text)
    if _SPELLS.search(line) is None:
        return text
    head = f"{plain(about)}: " if about else ""
    pieces = tokens(head + line)
    found = [Found(start, end, MAIL) for start, end in mail_addresses(head + line)]
    found += telling_numbers(head + line, pieces)
    kept, position = [], 0
    for one in _apart(found):
        start, end = max(0, one.start - len(head)), one.end - len(head)
        kept += [text[position:start], one.what if len(one.what) <= end - start else "*" * (end - start)]
        position = end
    return "".join([*kept, text[position:]])


def redacted_values(value: Any, *, about: str = "") -> Any:
    """The same dict, list, text or number, as JSON has them, with every text redacted that people may have written.

    A text is read with the name of its field, or with the label that stands beside it.
    """
    match value:
        case str():
            return value if _PSEUDONYM.fullmatch(value) else redacted(value, about=about)
        case Mapping():
            return {
                name: part if name in _WRITTEN_BY_PROGRAMS else redacted_values(part, about=_label(value, str(name)))
                for name, part in value.items()
            }
        case list() | tuple():
            return [redacted_values(part, about=about) for part in value]
        case _:
            return value


def _label(fields: Mapping[Any, Any], name: str) -> str:
    """What the value of a field is about."""
    label = fields.get("label")
    return label if name == "value" and isinstance(label, str) else name.replace("_", " ")


def _apart(found: Iterable[Found]) -> list[Found]:
    """Those that do not overlap, in order; of some that do, what begins first, and the longest of those."""
    chosen: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not chosen or one.start >= chosen[-1].end:
            chosen.append(one)
        elif one.end > chosen[-1].end:
            chosen[-1] = Found(chosen[-1].start, one.end, chosen[-1].what)
    return chosen
