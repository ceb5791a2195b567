"""Whether a sentence of a language model may be said: every fact in it must have come from the business."""

import re
from collections.abc import Iterable

LONGEST_RUN_OF_RULES = 6
"""Words in a row that a sentence may share with the model's own rules."""
_FIGURE = re.compile(r"[^\W_]*\d(?:[^\W_]|[.,:/-](?=\d))*")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")
_TRAILING_ZEROS = re.compile(r"(\.\d*?)0+$")
_LINK = re.compile(r"https?:|www\.|\S@\S|\b[a-z0-9-]+\.(?:com|org|net|io|shop|bank)\b", re.IGNORECASE)
_EMPHASIS, _FRAMES = re.compile(r"[*_`#]+"), re.compile(r"[|<>{}\[\]]+")
_WORD = re.compile(r"[a-z']+")
_DATED = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september "
    "october november december today tomorrow yesterday tonight".split()
)
_COUNTED = frozenset(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen half twice double "
    "percent dollars cents euros second third fourth fifth".split()
)
_DIGITS = {word: str(number) for number, word in enumerate("two three four five six seven eight nine ten".split(), 2)}
_DONE = re.compile(
    r"\b(?:i|we)(?:'ve| have)(?: just| now| already| gone ahead and| successfully)*"
    r" (?!(?:found|looked|checked|asked|seen|understood|heard|been|no|not|help|all|a|an|the|your)\b)[a-z]+\b"
    r"|\b(?:i|we)(?: just| now| already)? (?:cancelled|canceled|refunded|ordered|booked|blocked|moved|changed|sent|"
    r"opened|placed|transferred|paid|closed|issued|credited|updated|created|scheduled|reserved)\b"
    r"|\b(?:has|have) (?:now |just |already )?been ([a-z]+(?:ed|en|id|nt))\b"
    r"|\ball (?:set|done)\b|\bi(?:'ll| will) (?:refund|cancel|order|book|block|transfer|credit|pay)\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(r"\b(?:i|we) (?:can )?(?:promise|guarantee)\b|\bguaranteed\b", re.IGNORECASE)
_CHINESE_FIGURE = re.compile(
    r"[〇零一二两三四五六七八九十百千万亿]{2,}|[二两三四五六七八九十百千万]\s*[元块天周月年号点折成%]"
)
_CHINESE_DATED = re.compile(r"今天|明天|后天|昨天|前天|(?:星期|周|礼拜)[一二三四五六日天]|百分之")
_CHINESE_DONE = re.compile(
    r"(?:已经?|帮您|为您)[^,。,]{0,8}(?:退款|取消|下单|订好|预约|冻结|挂失|转账|修改|办理|开好)了?|保证|承诺"
)


def plain(text: str) -> str:
    """Without what is drawn and not spoken."""
    return " ".join(_FRAMES.sub(" ", _EMPHASIS.sub("", text)).split())


def fault(sentence: str, *, given: Iterable[str], rules: str) -> str | None:
    """Why `sentence` may not be said, in words without its content; None where it may.

    `given` is everything that the business said in this call. Figures, references, dates and sums have to occur in it,
    nothing may be claimed to be done or promised, and the model's `rules` may not be read out. What no rule can see is
    whether the words between the figures are true.
    """
    source = "\n".join(given)
    known, words = _figures(source), set(_WORD.findall(source.lower()))
    if not _figures(sentence) <= known:
        return "a figure that no tool gave"
    for word in _WORD.findall(sentence.lower()):
        if word in _DATED | _COUNTED and word not in words and _DIGITS.get(word) not in known:
            return "a number or date in words that no tool gave"
    if any(found not in source for pattern in (_CHINESE_FIGURE, _CHINESE_DATED) for found in pattern.findall(sentence)):
        return "a number or date in words that no tool gave"
    if any(link not in source for link in _LINK.findall(sentence)):
        return "an address that no tool gave"
    if _claims(sentence, words) or _PROMISE.search(sentence) or _CHINESE_DONE.search(sentence):
        return "a deed or promise that nothing stands behind"
    if _reads_out(sentence, rules):
        return "its own rules"
    return None


def _figures(text: str) -> set[str]:
    """Tokens with a digit in them, written one way: "$1,250.50" and "1250.5" are the same, "23rd" is 23."""
    found = set()
    for token in _FIGURE.findall(text.lower()):
        bare = _ORDINAL.sub("", token.replace(",", ""))
        found.add(_TRAILING_ZEROS.sub(r"\1", bare).rstrip(".") if "." in bare else bare)
    return found


def _claims(sentence: str, words: set[str]) -> bool:
    """True for what is said to have been done; a state that a tool told, such as "delivered", is none."""
    return any(match.group(1) is None or match.group(1) not in words for match in _DONE.finditer(sentence.lower()))


def _reads_out(sentence: str, rules: str) -> bool:
    own, said = _WORD.findall(rules.lower()), _WORD.findall(sentence.lower())
    runs = {tuple(own[i : i + LONGEST_RUN_OF_RULES]) for i in range(len(own) - LONGEST_RUN_OF_RULES + 1)}
    return any(tuple(said[i : i + LONGEST_RUN_OF_RULES]) in runs for i in range(len(said) - LONGEST_RUN_OF_RULES + 1))
