"""Tells which language a line is written in, where it tells at all: one foreign word is no change of language."""

import re

from agent.core.scripts import HAN, HAN_A_WORD

_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_LEAST_HAN = 2
"""Characters; one by itself may be a name or a slip."""
_LEAST_ENGLISH = 3
"""Words; people of any language say "ok", "hello" and "no problem"."""
_ENGLISH = frozenset(
    "a about am an and any are at be but by can could did do does don't for from get give had has have he her here "
    "his how i i'd i'll i'm i've if in is it it's its just me more my need no not of on or our out please she so some "
    "that that's the their them there they this to up us want was we were what what's when where which who why will "
    "with would yes you your".split()
)
"""The commonest words of English, of which a sentence has one in two or three and another language hardly any."""
_SHARE = 0.25

TOLD = frozenset({"en", "zh"})
"""The languages that `language_of` tells."""


def language_of(text: str) -> str | None:
    """ "zh" or "en" where `text` is clearly that, else None: too short, mixed evenly, only numbers, or another one."""
    if _KANA_OR_HANGUL.search(text):
        return None
    han, words = len(HAN.findall(text)), _WORD.findall(text.lower().replace("’", "'"))
    spelled = [word for word in words if len(word) > 1 or word == "i"]
    if han >= _LEAST_HAN and han / HAN_A_WORD > len(spelled):
        return "zh"
    common = sum(word in _ENGLISH for word in spelled)
    if len(spelled) >= _LEAST_ENGLISH and not han and common >= _SHARE * len(spelled):
        return "en"
    return None
