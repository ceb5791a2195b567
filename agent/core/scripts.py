"""How lines are written: Chinese characters, and how many words a line has in any script."""

import re

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
"""A Chinese character."""
HAN_A_WORD = 2
"""Characters that say about what an English word does."""
_PIECE = re.compile(rf"{HAN.pattern}{{1,{HAN_A_WORD}}}|[^\s{HAN.pattern[1:-1]}]+")
_MARKS = "，。！？、；：“”（）《》…"


def words_of(text: str) -> list[str]:
    """The words between spaces, without Chinese marks; of Chinese, which has no spaces, pieces of two characters."""
    return _PIECE.findall(text.translate(str.maketrans(_MARKS, " " * len(_MARKS))))
