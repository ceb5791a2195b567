"""Help pages as a tool of the business: beside what a pack can look up, every conversation can ask them."""

from collections.abc import Callable, Mapping, Sequence

from agent.core.cards import CardAction, CardContent, CardGroup, CardSource
from agent.dialogue.faq import FAQ, load_articles
from agent.dialogue.faq_search import Embed, FaqSearch, Found
from agent.dialogue.tools import ToolCall, ToolResult, Tools
from agent.dialogue.wording import wording

Embedding = Callable[[str], Embed]
"""By language, ISO 639-1."""
ANSWERED, NOTHING = "answered", "nothing"
NOT_FOUND = ToolResult(outcome=NOTHING)


class HelpPages:
    """`Tools` that answer `FAQ` from articles and hand everything else on. Belongs to the thread that runs tools."""

    def __init__(self, tools: Tools, pack: str, searches: Mapping[str, FaqSearch]) -> None:
        """`searches` by language."""
        self._tools = tools
        self._pack = pack
        self._searches = dict(searches)

    def prepare(self, stopped: Callable[[], bool]) -> None:
        """Makes the pages ready to be found by meaning, on a thread of its own, unless `stopped`."""
        for search in self._searches.values():
            search.prepare(stopped)

    def run(self, call: ToolCall) -> ToolResult:
        if call.name != FAQ:
            return self._tools.run(call)
        search = self._searches.get(call.language)
        if search is None:
            return NOT_FOUND
        found = search.find(call.arguments["question"], at_least_prob=float(call.arguments["at_least_prob"]))
        return NOT_FOUND if found is None else self._answer(found, call.language)

    def close(self) -> None:
        self._tools.close()

    def _answer(self, found: Found, language: str) -> ToolResult:
        article, words = found.article, wording(self._pack, language)
        values = {
            "title": article.title,
            "answer": article.answer,
            "short": article.sentences[0],
            "sure": f"{found.sure_prob:.0%}",
        }
        source = CardSource(title=f"{words.phrase('Help pages')} › {article.page}", url=article.url)
        related = tuple(CardAction(label=other.title, say=other.asked[0]) for other in found.related)
        groups = (CardGroup(label=words.phrase("Did you mean something else?"), actions=related),) if related else ()
        card = CardContent(text=article.answer, source=source, groups=groups)
        return ToolResult(outcome=ANSWERED, values=values, card=card)


def with_help_pages(tools: Tools, pack: str, languages: Sequence[str], embedding: Embedding | None) -> HelpPages:
    """`tools` and the help pages that `pack` has in `languages`. Raises `SettingsError` as `load_articles`."""
    return HelpPages(tools, pack, open_searches(pack, languages, embedding))


def open_searches(pack: str, languages: Sequence[str], embedding: Embedding | None) -> dict[str, FaqSearch]:
    """By language, the help pages that `pack` has, not prepared yet. Raises `SettingsError` as `load_articles`."""
    articles = {language: load_articles(pack, language) for language in languages}
    return {
        language: FaqSearch(own, language, None if embedding is None else embedding(language))
        for language, own in articles.items()
        if own
    }
