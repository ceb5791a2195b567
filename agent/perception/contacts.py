"""Finds telephone numbers and e-mail addresses in what people say, also where they spell them."""

import re
from collections.abc import Sequence

import phonenumbers

from agent.core.number_words import UNITS
from agent.perception.chinese_numbers import figures_for_spoken
from agent.perception.numerals import digits, plain_words

LONGEST_NUMBER = 15
"""Digits, by ITU-T recommendation E.164."""
_TOKEN = re.compile(r"圈a|艾特|下划线|减号|横杠|[a-z0-9]+|[@._+-]|[^\s]")
_END = re.compile(r"\.(?=\s|$)")
"""A full stop that ends a sentence."""
_MARKS = {
    "dot": ".", "point": ".", "period": ".", "点": ".", "underscore": "_", "下划线": "_", "dash": "-", "hyphen": "-",
    "minus": "-", "减号": "-", "横杠": "-", "plus": "+", "at": "@", "艾特": "@", "圈a": "@",
}  # fmt: skip
_JOINTS = frozenset("._-+")
_MOST_HOST_PARTS = 3
"""Pieces in which a recogniser writes one label of a host: "g mail"."""
_ADDRESS = re.compile(r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")


def telephone(text: str, *, region: str) -> str | None:
    """The first telephone number in the form of E.164, such as "+14155550123" or "+8613812345678", written or spoken
    digit by digit; one without a country's code is of `region` (ISO 3166, "US"). None where no number has a length that
    its country gives out."""
    for candidate in (figures_for_spoken(text), _spelled(text)):
        for match in phonenumbers.PhoneNumberMatcher(candidate, region, leniency=phonenumbers.Leniency.POSSIBLE):
            if phonenumbers.is_possible_number_with_reason(match.number) == phonenumbers.ValidationResult.IS_POSSIBLE:
                return str(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _spelled(text: str) -> str:
    """The longest run of digits that English words spell."""
    words = plain_words(text)
    runs = (digits(words, position)[0] for position in range(len(words)))
    longest = max((run for run in runs if len(run) <= LONGEST_NUMBER), key=len, default="")
    return f"+{longest}" if "plus" in words else longest


def email(text: str) -> str | None:
    """The first e-mail address in small letters: written, or spoken as in "john dot smith at example dot com", "j o h n
    five at gmail.com", "zhang下划线san艾特qq点com"."""
    line = _END.sub(" , ", re.sub("['’]", "", text.lower()))
    words = [_MARKS.get(word, word) for word in _TOKEN.findall(line)]
    for position, word in enumerate(words):
        if word == "@":
            found = _ADDRESS.fullmatch(f"{_name(words[:position])}@{_host(words[position + 1 :])}")
            if found is not None:
                return found[0]
    return None


def _name(before: Sequence[str]) -> str:
    """What stands before the at: a word, all that marks join to it, and letters and figures spelled one by one."""
    taken: list[str] = []
    for word in reversed(before):
        letter = str(UNITS[word]) if word in UNITS and word != "o" else word
        joined = bool(taken) and (taken[-1] in _JOINTS or letter in _JOINTS)
        spelled = bool(taken) and len(letter) == 1 and len(taken[-1]) == 1
        numbered = bool(taken) and taken[-1].isdigit() and letter.isalpha() and len(taken) == 1
        if (
            not letter.isascii()
            or not (letter.isalnum() or letter in _JOINTS)
            or (taken and not (joined or spelled or numbered))
        ):
            break
        taken.append(letter)
    return "".join(reversed(taken)).lstrip("._-+")


def _host(after: Sequence[str]) -> str:
    """Labels with dots between them, as far as they go."""
    host, position = "", 0
    while True:
        dot = next((at for at in range(position, len(after)) if after[at] == "."), None)
        if dot is None or dot - position > _MOST_HOST_PARTS or dot + 1 >= len(after):
            return host
        label = "".join(after[position:dot])
        host = (host if host else label) + "." + after[dot + 1]
        if after[dot + 2 : dot + 3] != ["."]:
            return host
        position = dot + 2
