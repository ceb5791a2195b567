"""Finds e-mail addresses in what people write and say, also where they spell them, each with its place."""

import re
from collections.abc import Iterator

from agent.core.number_words import CHINESE_SPOKEN, TENS, TIMES, UNITS
from agent.storage.figures import tokens

_SIGN = r"[a-z0-9à-ɏ]"
_WRITTEN = re.compile(rf"{_SIGN}(?:[a-z0-9à-ɏ._+%'-]{{0,62}}{_SIGN})?@(?:{_SIGN}[a-z0-9à-ɏ-]{{0,62}}\.)+[a-z]{{2,24}}")
_AT = re.compile(r"\s(?:at(?: sign)?)\s|\s?(?:@|艾特|圈a)\s?")
_DOT = r"(?:\s?\bdot\b\s?|\.|\s?点\s?)"
_ENDS = (
    "com", "org", "net", "edu", "gov", "io", "co", "info", "me", "app", "dev", "biz", "example", "test", "eu", "uk",
    "de", "ch", "at", "fr", "it", "es", "nl", "be", "ie", "us", "ca", "au", "nz", "cn", "hk", "tw", "jp", "kr", "sg",
    "in", "se", "no", "dk", "fi", "pl", "pt", "cz", "br",
)  # fmt: skip
_LABEL = rf"{_SIGN}[a-z0-9à-ɏ-]{{0,40}}"
_HOST = re.compile(
    rf"(?:{_LABEL}\s(?:(?=mail|cloud|online)|(?:dash|minus|hyphen)\s))?{_LABEL}"
    rf"(?:{_DOT}{_LABEL})*?{_DOT}(?:{'|'.join(_ENDS)})(?![a-z0-9])"
    rf"(?:{_DOT}(?:uk|cn|au|jp|hk|tw|nz|br|sg|kr)(?![a-z0-9]))?"
)
"""As it is said, too: "g mail dot com"."""
_NAMED = re.compile(
    r"(?:\b(?:e-? ?mail|mail)(?: ?address)?(?:\s+(?:is|was|would be|should be|as|to|at)|'s|:)?"
    r"|\b(?:it's|its|it is|address is)"
    r"|邮箱(?:地址)?[是为:：]?|邮件(?:地址)?[是为:：]?)\s*(?:uh|um|er)?[\s,:]*"
)
"""What people say right before an address."""
_JOINTS = frozenset(
    ["dot", "period", "point", "underscore", "dash", "hyphen", "minus", "plus", *"._-+点下划线减号横杠"]
)
"""What may stand between the parts of a name, as a sign, a word or a part of one."""
_NO_NAME = frozenset(
    "me us it you him her them this that here there look looked looking order ordered orders bought buy shop shopped "
    "shopping store site website page online price prices support available works working sold found find saw see read "
    "is was am are be items item things stuff account login in up out on also reviews listed advertised something one "
    "log logged sign signed left not only cheaper team just back checked check arrive arrived and or my your".split()
)
"""Words before an "at" that names a site and no mail box."""
_LONGEST_NAMED = 60


def mail_addresses(line: str) -> Iterator[tuple[int, int]]:
    """Where the addresses of a `figures.plain` line begin and end; they may overlap."""
    if "@" in line:
        for match in _WRITTEN.finditer(line):
            yield match.span()
    for at in _AT.finditer(line):
        host = _HOST.match(line, at.end())
        if host is None:
            continue
        start = _said_name(line, at.start()) if "at" in at[0] else _last_name(line, at.start())[0]
        if start is not None:
            yield start, host.end()


def _said_name(line: str, end: int) -> int | None:
    """Where the name before the word "at" begins, if it is one."""
    named = list(_NAMED.finditer(line, max(0, end - _LONGEST_NAMED), end))
    if named and named[-1].end() < end:
        return named[-1].end()
    start, alone = _last_name(line, end)
    if start is None or (alone and line[start:end] in _NO_NAME):
        return None
    return start


def _last_name(line: str, end: int) -> tuple[int | None, bool]:
    """Where the name that ends at `end` begins, and whether it is a single word."""
    begin = max(0, end - _LONGEST_NAMED)
    pieces = tokens(line[begin:end])
    if not pieces:
        return None, False
    first = last = len(pieces) - 1
    while first > 0 and _joined(pieces[first - 1].text, pieces[first].text):
        first -= 1
    while first < last and pieces[first].text in _JOINTS:
        first += 1
    if pieces[first].text in _JOINTS or not pieces[first].text.isalnum():
        return None, False
    return begin + pieces[first].start, first == last


def _joined(before: str, after: str) -> bool:
    """Whether two neighbouring tokens belong to one name."""
    if before in _JOINTS or after in _JOINTS:
        return before.isalnum() or before in _JOINTS
    return _spelled(before) and _spelled(after) or (before.isascii() and before.isalpha() and _number(after))


def _spelled(word: str) -> bool:
    return (len(word) == 1 and word.isascii() and word.isalnum()) or _number(word)


def _number(word: str) -> bool:
    return word.isdecimal() or word in UNITS or word in TENS or word in TIMES or word in CHINESE_SPOKEN
