"""Finds numbers that name a person or open an account: by their form, check digits and the words before them."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from agent.storage.figures import Figures, Run, Token, figures_at, runs
from agent.storage.identifiers import (
    IBAN_LENGTHS,
    is_ahv,
    is_card,
    is_iban,
    is_resident_id,
    is_ssn,
    is_tax_id,
    is_telephone,
)

CARD, IBAN, TELEPHONE, IDENTITY, CODE = "[card]", "[iban]", "[phone]", "[id]", "[pin]"
LONGEST_RUN = 40
"""Digits in a row that are read closely; of more nobody needs any."""
MOST_DIGITS = 400
"""Digits of a line, in numbers as long as those of telephones and longer, that are read closely, as that takes time."""
SHORTEST_CODE, SHORTEST_NUMBER, LONGEST_NUMBER = 3, 7, 19
"""Digits of what is looked for."""
MISHEARD = range(15, 20)
"""Digits of a number that can hardly be anything but a card's, with a digit that was heard wrong, or was left out."""
_CONTEXT_REACH = 60
"""Characters before a number in which words may tell what it is."""
_CONTEXTS = re.compile(
    r"(?P<telephone>\b(?:tele)?phone|\bmobile|\bcell\b|\bcall(?:ing|ed)? (?:me|us|him|her|back)|\bring me"
    r"|\btext(?: me)?\b|\bwhats ?app|\breach(?:ed)?\b|\bcontact|\bfax|\bsms\b|\bdial|\btel\b"
    r"|电话|手机|联系|致电|回电|拨|座机|打给|微信)"
    r"|(?P<thing>\border|\btracking|\binvoice|\bticket|\bcase\b|\breference|\bref\b|\breceipt|\barticle|\bitem|\bsku\b"
    r"|\bmodel|\bpart\b|\bparcel|\bshipment|\bbooking|\bconfirmation|\bversion|\bserial|\bpolicy|\bclaim|\bbill\b"
    r"|\bean\b|\bgtin\b|\bisbn\b|\bbar ?code|\bproduct"
    r"|\b(?:customer|member|membership|patient|contract|meter|loan) (?:number|no\b|id)"
    r"|订单|单号|运单|快递|编号|型号|货号|发票|工单|案件|序列号|预约号)"
    r"|(?P<card>\bcard\b|\bvisa\b|\bmaster ?card|\bamex\b|\bcredit|\bdebit|卡号|信用卡|银行卡|储蓄卡|借记卡)"
    r"|(?P<ssn>\bsocial(?: security)?\b|\bssn\b)"
    r"|(?P<identity>\bid (?:card|number)|\bidentity|身份证)"
)
"""What a word says that the number after it is; the last one counts."""
_LISTED = re.compile(r"s?[\W\d]*(?:(?:and|or|和|或)[\W\d]*)*")
"""Between the word and one of several numbers of things."""
_CODE = re.compile(
    r"(?:\b(?:cvv2?|cvc2?|security code|pin|my pen|passcode|password|(?:one[- ]time|verification) code)"
    r"|验证码|密码|安全码)"
    r"(?: (?:number|code))?(?:'s)?\W{0,3}(?:is|was|=|是|为)?\W{0,3}(?:uh|um)?\W{0,3}\Z"
)
"""Said right before a code."""
_PASSPORT = re.compile(
    r"(?:\bpassport(?: ?(?:number|no\.?|id))?|护照(?:号码?)?)(?:'s)?\W{0,3}(?:is|as|was|it's|是|为)?\W{0,3}"
    r"(?:uh|um)?\W{0,3}"
)
"""Said right before a passport's number."""
_IBAN = re.compile(
    r"\b(?:iban|i ban|eye ban)(?: (?:number|account))?(?:'s)?\W{0,3}(?:is|was|it's|是|为)?\W{0,3}(?:uh|um)?\W{0,3}"
)
"""Said right before an account's number, of which a sign may be heard wrong."""
_NINO = re.compile(
    r"(?:\bnational insurance|\bni number|\bnino\b).{0,30}?"
    r"(?<![a-z])([a-z] ?[a-z][ -]?(?:\d[ -]?){6}[a-d])(?![a-z])"
)
"""A British National Insurance number, where it is named."""
_SEPARATORS = frozenset(" -.,")


@dataclass(frozen=True, slots=True)
class Found:
    start: int
    end: int
    what: str
    """What is to stand in its place."""


def telling_numbers(line: str, pieces: list[Token]) -> Iterator[Found]:
    """What is found in a `figures.plain` line of these `figures.tokens`; some may overlap."""
    yield from _ibans(pieces)
    yield from _named(line, pieces, _IBAN, lengths=range(12, 41), what=IBAN)
    yield from _named(line, pieces, _PASSPORT, lengths=range(6, 11), what=IDENTITY)
    for match in _NINO.finditer(line):
        yield Found(match.start(1), match.end(1), IDENTITY)
    told_until = read = 0
    for run in runs(line, pieces):
        digits = sum(len(figures.digits) for figures in run)
        if digits >= SHORTEST_NUMBER:
            read += digits
        if digits > LONGEST_RUN or (digits >= SHORTEST_NUMBER and read > MOST_DIGITS):
            yield Found(run[0].start, run[-1].end, IDENTITY)
        elif digits >= SHORTEST_CODE:
            yield from _in_run(line, run, told_until)
        told_until = run[-1].end


def _ibans(pieces: list[Token]) -> Iterator[Found]:
    """Account numbers, written in groups or spelled sign by sign."""
    for position, piece in enumerate(pieces):
        head = piece.text
        if len(head) == 1 and position + 1 < len(pieces):
            head += pieces[position + 1].text
        length = IBAN_LENGTHS.get(head, 0)
        if length:
            for signs, end in _spelled(pieces, position, length):
                if len(signs) == length and is_iban(signs):
                    yield Found(piece.start, end, IBAN)


def _named(line: str, pieces: list[Token], name: re.Pattern[str], *, lengths: range, what: str) -> Iterator[Found]:
    """Letters and digits that are named as what they are: of passports no form is common to all."""
    for named in name.finditer(line):
        begin = bisect_left(pieces, named.end(), key=lambda piece: piece.start)
        longest = None
        for signs, end in _spelled(pieces, begin, lengths[-1], groups=False):
            if len(signs) in lengths and sum(sign.isdecimal() for sign in signs) >= 4:
                longest = end
        if longest is not None:
            yield Found(pieces[begin].start, longest, what)


def _spelled(pieces: list[Token], position: int, most: int, *, groups: bool = True) -> Iterator[tuple[str, int]]:
    """What letters and figures spell from `position` on, up to `most` signs, after each of them, and where it ends.

    `groups`: several letters may stand together; otherwise only right before figures.
    """
    signs = ""
    while position < len(pieces) and len(signs) < most:
        piece = pieces[position]
        figures, position = figures_at(pieces, position)
        if figures is not None:
            signs += figures.digits
            yield signs, figures.end
        elif _is_letters(piece, pieces[position : position + 1], most=4 if groups else 1):
            signs += piece.text
            yield signs, piece.end
        elif piece.text not in _SEPARATORS:
            return


def _is_letters(piece: Token, following: list[Token], *, most: int) -> bool:
    """Whether it is no word but letters that are spelled: a few, or right before figures."""
    if not (piece.text.isascii() and piece.text.isalpha()):
        return False
    attached = bool(following) and following[0].start == piece.end and following[0].text.isdecimal()
    return len(piece.text) <= most or (attached and len(piece.text) <= 3)


def _in_run(line: str, run: Run, told_until: int) -> Iterator[Found]:
    """What is found among figures that follow each other: from the left, the longest first. `told_until`: where the
    numbers before them end."""
    whole = "".join(figures.digits for figures in run)
    context = _context(line, run[0].start, told_until, is_code=len(whole) < SHORTEST_NUMBER)
    if context != "thing" and (len(whole) in MISHEARD or _holds_card(run)):
        kind = IDENTITY if _is_identity(line, run, whole, context) else CARD
        yield Found(run[0].start, _end(line, run[-1]), kind)
        return
    begin = 0
    while begin < len(run):
        parts = reversed(_parts(run, begin))
        end, what = next(
            ((end, what) for end, digits in parts if (what := _what(line, run[begin:end], digits, context))),
            (begin + 1, None),
        )
        if what is not None:
            yield Found(_start(line, run[begin]), _end(line, run[end - 1]), what)
        begin = end


def _parts(run: Run, begin: int) -> list[tuple[int, str]]:
    """Where the numbers that begin there may end, the shortest first, and their digits."""
    parts, digits = [], ""
    for end, figures in enumerate(run[begin:], begin + 1):
        digits += figures.digits
        if len(digits) > LONGEST_NUMBER:
            break
        if len(digits) >= SHORTEST_CODE:
            parts.append((end, digits))
    return parts


def _holds_card(run: Run) -> bool:
    """Whether a card's number is among the figures; what else there is, is how long it holds, or its code."""
    return any(is_card(digits) for begin in range(len(run)) for _, digits in _parts(run, begin))


def _context(line: str, start: int, told_until: int, *, is_code: bool) -> str | None:
    """What the words before a number say that it is. That it is a thing's they say of the next number and no other.

    `is_code`: nothing else is to be known of it.
    """
    begin = max(0, start - _CONTEXT_REACH)
    if _CODE.search(line, begin, start) is not None:
        return "code"
    if is_code:
        return None
    last = None
    for match in _CONTEXTS.finditer(line, begin, start):
        between = line[match.end() : start]
        told = match.end() < told_until or any(sign.isdecimal() for sign in between)
        if match.lastgroup != "thing" or not told or _LISTED.fullmatch(between):
            last = match.lastgroup
    return last


def _what(line: str, part: Run, digits: str, context: str | None) -> str | None:
    """What these figures are together, if they are to be taken out."""
    length = len(digits)
    if context == "code":
        return CODE if 3 <= length <= 8 else None
    if is_card(digits) or (context == "card" and 12 <= length <= 19):
        return CARD
    if _is_identity(line, part, digits, context):
        return IDENTITY
    if context != "thing" and (is_tax_id(digits) or _is_telephone(line, part, digits, context)):
        return IDENTITY if is_tax_id(digits) else TELEPHONE
    return None


def _is_identity(line: str, part: Run, digits: str, context: str | None) -> bool:
    signs = digits + line[part[-1].end : part[-1].end + 1] if len(digits) == 17 else digits
    if is_resident_id(signs) or (context == "identity" and 15 <= len(digits) <= 18):
        return True
    return is_ahv(digits) or (is_ssn(digits) and (context == "ssn" or _hyphenated(line, part, (3, 2, 4))))


def _is_telephone(line: str, part: Run, digits: str, context: str | None) -> bool:
    if context == "telephone" and 7 <= len(digits) <= 15:
        return True
    before = line[max(0, part[0].start - 6) : part[0].start].rstrip(" (")
    if before.endswith(("+", "plus")):
        return is_telephone(digits, international=True)
    if digits.startswith("00") and is_telephone(digits[2:], international=True):
        return True
    return is_telephone(digits, international=False)


def _hyphenated(line: str, part: Run, lengths: tuple[int, ...]) -> bool:
    """Whether the figures are written in groups of these lengths, with hyphens between them."""
    between = {line[one.end : other.start] for one, other in zip(part, part[1:], strict=False)}
    return tuple(len(figures.digits) for figures in part) == lengths and between == {"-"}


def _start(line: str, first: Figures) -> int:
    """With the plus and the bracket of a telephone number."""
    start = first.start
    while start > 0 and line[start - 1] in "+(":
        start -= 1
    return start


def _end(line: str, last: Figures) -> int:
    """With the check sign of a Chinese identity number."""
    return last.end + (line[last.end : last.end + 1] == "x")
