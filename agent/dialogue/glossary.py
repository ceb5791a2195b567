"""A business's words in plain ones, from the `glossary.<locale>.yaml` of its pack."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import msgspec
import yaml

from agent.dialogue.spoken import listing
from agent.dialogue.tools import ToolCall, ToolResult

NAMED_AS_EXAMPLES = 4


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    said: tuple[str, ...]
    """Ways in which customers say it."""
    means: str


@lru_cache
def load_glossary(package: str, locale: str = "en") -> Mapping[str, Term]:
    """What the words of the pack in `package` mean, by key. Raises `msgspec.ValidationError` for a broken file."""
    text = (files(package) / f"glossary.{locale}.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, Term])


def explain_term(glossary: Mapping[str, Term], call: ToolCall) -> ToolResult:
    """`explained`, or `unknown`; the argument "term" is a key of `glossary` or the customer's words."""
    asked = call.arguments.get("term", "")
    said = f" {' '.join(re.findall(r'[a-z]+', asked.lower()))} "
    term = glossary.get(asked) or next(
        (term for term in glossary.values() for way in term.said if f" {way.lower()} " in said), None
    )
    if term is None:
        known = listing([term.name for term in list(glossary.values())[:NAMED_AS_EXAMPLES]], "or")
        return ToolResult(outcome="unknown", values={"known": known})
    rows = ((term.name, term.means),)
    return ToolResult(outcome="explained", values={"name": term.name, "means": term.means}, rows=rows)
