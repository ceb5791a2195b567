"""Writes Chinese in simplified characters: Whisper mixes both scripts, whatever was asked for."""

from functools import lru_cache

try:
    from opencc import OpenCC
except ImportError:  # comes with the multilingual weights
    OpenCC = None


def simplified(text: str) -> str:
    """The same text in simplified characters, or as it is where the package that knows them is not installed."""
    converter = _converter()
    return text if converter is None else str(converter.convert(text))


@lru_cache(maxsize=1)
def _converter() -> "OpenCC | None":
    return None if OpenCC is None else OpenCC("t2s")
