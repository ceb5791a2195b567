"""Tells numbers that name a person from other numbers, by their form and check digits."""

import re
from datetime import date

import phonenumbers

_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11,16}"  # Diners Club
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12,15}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|62\d{14,17}"  # UnionPay
    r"|(?:50|5[6-9]|63|67)\d{10,17}"  # Maestro
)
"""Numbers of payment cards by their issuer's prefix and length (ISO/IEC 7812-1)."""
IBAN_LENGTHS = {
    "ad": 24, "ae": 23, "at": 20, "be": 16, "bg": 22, "ch": 21, "cy": 28, "cz": 24, "de": 22, "dk": 18, "ee": 20,
    "es": 24, "fi": 18, "fr": 27, "gb": 22, "gr": 27, "hr": 21, "hu": 28, "ie": 22, "il": 23, "is": 26, "it": 27,
    "li": 21, "lt": 20, "lu": 20, "lv": 21, "mc": 27, "mt": 31, "nl": 18, "no": 15, "pl": 28, "pt": 25, "ro": 24,
    "sa": 24, "se": 24, "si": 19, "sk": 24, "sm": 27, "tr": 26, "ua": 29,
}  # fmt: skip
"""By country (SWIFT's IBAN registry)."""
_TRUNK_REGIONS = ("CN", "DE", "GB", "CH", "FR", "AT", "IT", "NL", "BE", "JP", "AU")
"""Where numbers within the country begin with 0."""
_DOUBLE_ZERO_REGIONS = ("JP", "AU")
"""Where they may begin with 00 as well, which elsewhere begins an international one."""
_CHINESE_MOBILE = re.compile(r"(?:86)?1[3-9]\d{9}")
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_card(digits: str) -> bool:
    """A payment card's number: prefix, length and check digit (Luhn; ISO/IEC 7812-1, annex B)."""
    return _CARDS.fullmatch(digits) is not None and _luhn(digits)


def is_iban(text: str) -> bool:
    """An account number of ISO 13616: the country's length, and 1 modulo 97 once its head stands at the end."""
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not text[2:4].isdecimal() or not text.isascii():
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def is_ahv(digits: str) -> bool:
    """A Swiss social security number: 756 and an EAN-13 check digit."""
    if len(digits) != 13 or not digits.startswith("756"):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def is_tax_id(digits: str) -> bool:
    """A German Steuer-ID: of ten digits one comes twice or three times and no other does; ISO/IEC 7064, MOD 11,10."""
    if len(digits) != 11 or digits[0] == "0":
        return False
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if counts[-1] not in (2, 3) or counts[-2:-1] not in ([], [1]):
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_ssn(digits: str) -> bool:
    """A number that the US Social Security Administration gives out."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return len(digits) == 9 and area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def is_resident_id(text: str) -> bool:
    """A Chinese resident identity number of GB 11643: birthday and check sign (ISO/IEC 7064, MOD 11-2), x for ten."""
    if len(text) != 18 or not text[:17].isdecimal() or text[17] not in "0123456789x":
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, text[:17], strict=True))
    return 1900 <= born.year <= 2100 and "10x98765432"[total % 11] == text[17]


def is_telephone(digits: str, *, international: bool) -> bool:
    """A telephone number as it is dialled: what comes after a plus or 00, or within one of the countries that are
    looked for."""
    if international:
        return 7 <= len(digits) <= 15 and _valid(digits, None)
    if _CHINESE_MOBILE.fullmatch(digits):
        return True
    if len(digits) in (10, 11) and digits[0] != "0":
        return (len(digits) == 10 or digits[0] == "1") and _valid(digits, "US")
    regions = _DOUBLE_ZERO_REGIONS if digits.startswith("00") else _TRUNK_REGIONS
    return digits[:1] == "0" and 9 <= len(digits) <= 12 and any(_valid(digits, region) for region in regions)


def _valid(digits: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(f"+{digits}" if region is None else digits, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
