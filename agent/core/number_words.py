"""Words for digits and small numbers, in English and Chinese: what is spelled aloud is read by them."""

UNITS = {
    "zero": 0, "oh": 0, "o": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9,
}  # fmt: skip
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
HOMOPHONES = {"for": "four", "to": "two", "too": "two", "won": "one", "ate": "eight"}
"""Heard for digits; believed only between other spoken digits."""
TIMES = {"double": 2, "triple": 3}
"""How often the digit that follows is meant."""
CHINESE_SPOKEN = {
    "零": 0, "〇": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
"""Digits, with those that are said for 一 and 二 in telephone numbers and amounts."""
