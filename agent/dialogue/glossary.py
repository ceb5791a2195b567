"""A business's words in plain ones, from the `glossary.<locale>.yaml` of its pack."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import msgspec

from agent.dialogue.packs import read_part
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import plain_wording

NAMED_AS_EXAMPLES = 4


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    said: tuple[str, ...]
    """Ways in which customers say it."""
    means: str


@lru_cache
def load_glossary(package: str, locale: str = "en") -> Mapping[str, Term]:
    """What the words of the pack in `package` mean, by key, in English where it has no glossary in `locale`.

    Raises `SettingsError` for a broken file.
    """
    file = files(package) / f"glossary.{locale}.yaml"
    return read_part(package, file if file.is_file() else files(package) / "glossary.en.yaml", dict[str, Term])


def explain_term(glossary: Mapping[str, Term], call: ToolCall) -> ToolResult:
    """`explained`, or `unknown`; the argument "term" is a key of `glossary` or the customer's words."""
    asked = call.arguments.get("term", "")
    said = f" {' '.join(re.findall(r'[a-z]+', asked.lower()))} "
    term = glossary.get(asked) or next(
        (term for term in glossary.values() for way in term.said if _says(way, said, asked)), None
    )
    if term is None:
        names = [term.name for term in list(glossary.values())[:NAMED_AS_EXAMPLES]]
        known = plain_wording(call.language).listing(names, "or")
        return ToolResult(outcome="unknown", values={"known": known})
    rows = ((term.name, term.means),)
    return ToolResult(outcome="explained", values={"name": term.name, "means": term.means}, rows=rows)


def _says(way: str, words: str, asked: str) -> bool:
    """Whether the word stands among English ones, or, where words are not spaced, anywhere."""
    return f" {way.lower()} " in words if way.isascii() else way in asked
