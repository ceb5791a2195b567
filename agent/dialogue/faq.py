"""Help pages of a pack: short answers that need no look at anybody's data, as YAML beside its flows."""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from agent.core.errors import SettingsError
from agent.dialogue.packs import folder_of, read_part

FAQ = "faq"
"""The intent of a question that help pages may answer, and the tool that searches them."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


class Article(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question and its answer."""

    title: str
    page: str
    """The page that it stands on; shown as the source."""
    url: str = ""
    """Of that page, http or https, where it can be read."""
    asked: tuple[str, ...]
    """Ways of asking it. The first one is also what a button with the title says."""
    answer: str
    """Spoken as it stands; the first sentence alone must do for somebody in a hurry."""

    @property
    def sentences(self) -> list[str]:
        return [sentence for sentence in _SENTENCE_END.split(self.answer) if sentence]


def load_articles(pack: str, language: str) -> tuple[Article, ...]:
    """As `load_named_articles`, without the names."""
    return tuple(load_named_articles(pack, language).values())


@lru_cache(maxsize=16)
def load_named_articles(pack: str, language: str) -> Mapping[str, Article]:
    """The articles of `faq.<language>.yaml` in `pack`; empty where it has none.

    Raises `SettingsError` for a file that is not of this form, or an article without a way of asking it.
    """
    file = folder_of(pack) / f"faq.{language}.yaml"
    if not file.is_file():
        return {}
    articles = read_part(pack, file, dict[str, Article])
    silent = [name for name, article in articles.items() if not (article.asked and article.sentences)]
    if silent:
        raise SettingsError(f"domain {pack}: {file.name}: {', '.join(silent)} needs `asked` and an `answer`")
    return articles
