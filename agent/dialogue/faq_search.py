"""Finds the help article that answers a question: by meaning and by words, fused by rank, silent when unsure."""

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import AgentError
from agent.core.speech import UNSPACED_LANGUAGES
from agent.dialogue.faq import Article

log = logging.getLogger(__name__)

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts → (n, width) of unit length."""
Scores = NDArray[np.floating]

RANK_OFFSET = 1
"""k of reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009), who take 60 for long lists; ours are short."""
WORDS_WEIGHT = 0.3
"""What a rank by words counts beside one by meaning. People who speak rarely use the page's words."""
ENGLISH_MEANING, OTHER_MEANING = (7.2, 2.9, -4.1), (6.4, 3.0, -3.2)
"""Logistic weights of the cosine, of its lead over the next article, and a constant, for the embedding of English and
the one of other languages: logistic regression on the questions of `agent/training/data/*_faq_tune.*.yaml`."""
WORDS_ALONE = (5.7, 0.0, -3.5)
"""The same where only words are compared: of the share of the question's words, by how rare they are, that it holds."""
SATURATION, LENGTH_WEIGHT = 1.2, 0.75
"""k1 and b of BM25 (Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009), as usual."""
RELATED_PROB = 0.3
MOST_RELATED = 2
_STOP_WORDS = frozenset(
    "a an and are as at be but by can could do does for from get have how i if in is it me my of on or so that the "
    "there this to was what when where which who will with would you your".split()
)
_WORD = re.compile(r"[a-z0-9]+")
_UNSPACED_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+|[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The article that answers best."""

    article: Article
    sure_prob: float
    """How probably it answers the question."""
    related: tuple[Article, ...] = field(default=())
    """Others that may have been meant."""


class FaqSearch:
    """The articles of one language. One thread at a time, as `embed` is."""

    def __init__(self, articles: Sequence[Article], language: str, embed: Embed | None) -> None:
        """Without `embed`, which must know the language, only words are compared. Nothing is embedded yet."""
        self._articles = tuple(articles)
        self._language = language
        self._embed = embed
        self._meanings: list[NDArray[np.float32]] | None = None
        """Of each article, its sentences; once they are here, `embed` is used by `find` alone."""
        self._words = _word_weights([self._tokens(_text(article)) for article in articles])

    def prepare(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Embeds the articles, a few milliseconds a sentence, on any one thread, or leaves it where `stopped`.

        Until then, and where the model cannot be had, only words are compared.
        """
        if self._embed is None:
            return
        meanings = []
        try:
            for article in self._articles:
                if stopped():
                    return
                meanings.append(self._embed([*article.asked, article.title, article.answer, *article.sentences]))
        except AgentError as fault:
            log.error("help pages are found by their words alone: %s", fault)
            return
        self._meanings = meanings

    def find(self, question: str, *, at_least_prob: float) -> Found | None:
        """The article that answers `question`, or None where none does so with `at_least_prob`."""
        words, shares = self._by_words(question)
        near, weights = shares, WORDS_ALONE
        if self._embed is not None and self._meanings is not None:
            asked = self._embed([question])[0]
            near = np.array([(own @ asked).max() for own in self._meanings])
            weights = ENGLISH_MEANING if self._language == "en" else OTHER_MEANING
        order = np.argsort(-_fused(near, words), kind="stable")
        sure = [_sure_prob(near, int(place), weights) for place in order]
        if sure[0] < at_least_prob:
            return None
        related = [
            self._articles[place] for place, prob in zip(order[1:], sure[1:], strict=True) if prob > RELATED_PROB
        ]
        return Found(article=self._articles[order[0]], sure_prob=sure[0], related=tuple(related[:MOST_RELATED]))

    def _by_words(self, question: str) -> tuple[Scores, Scores]:
        """BM25 of each article, and the share of the question's words that it holds, weighted by how rare they are."""
        asked = set(self._tokens(question))
        held = [self._words[token] for token in asked if token in self._words]
        nothing = np.zeros(len(self._articles))
        if not held:
            return nothing, nothing
        rarities = [math.log(1 + len(self._articles) / (weights > 0).sum()) for weights in held]
        whole = sum(rarities) + (len(asked) - len(held)) * math.log(1 + len(self._articles))
        found = sum((rarity * (weights > 0) for rarity, weights in zip(rarities, held, strict=True)), nothing)
        return sum(held, nothing), found / whole

    def _tokens(self, text: str) -> list[str]:
        """Words without endings of the plural; of a language without spaces, its letters in pairs."""
        if self._language in UNSPACED_LANGUAGES:
            runs = _UNSPACED_RUN.findall(text.lower())
            return [pair for run in runs for pair in ([run] if run.isascii() or len(run) == 1 else _pairs(run))]
        words = _WORD.findall(text.lower().replace("'", ""))
        return [word.rstrip("s") if len(word) > 3 else word for word in words if word not in _STOP_WORDS]


def _word_weights(documents: Sequence[Sequence[str]]) -> dict[str, Scores]:
    """By token, what it adds to the BM25 of each document, with the rarity that is never negative, as Lucene has it."""
    counts = [Counter(document) for document in documents]
    lengths = np.array([len(document) for document in documents])
    norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / max(1.0, lengths.mean()))
    weights = {}
    for token in {token for count in counts for token in count}:
        often = np.array([count[token] for count in counts])
        with_it = (often > 0).sum()
        rarity = math.log(1 + (len(documents) - with_it + 0.5) / (with_it + 0.5))
        weights[token] = rarity * often / (often + norm)
    return weights


def _text(article: Article) -> str:
    return " ".join((*article.asked, article.title, article.page, article.answer))


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _fused(near: Scores, words: Scores) -> Scores:
    """Reciprocal rank fusion; an article without any of the words has no rank by them."""
    by_near, by_words = (1 / (RANK_OFFSET + 1 + _ranks(scores)) for scores in (near, words))
    fused: Scores = by_near + WORDS_WEIGHT * np.where(words > 0, by_words, 0.0)
    return fused


def _ranks(scores: Scores) -> NDArray[np.intp]:
    return np.argsort(np.argsort(-scores, kind="stable"), kind="stable")


def _sure_prob(near: Scores, place: int, weights: tuple[float, float, float]) -> float:
    lead = near[place] - np.delete(near, place).max(initial=0.0)
    of_near, of_lead, constant = weights
    return 1 / (1 + math.exp(-(of_near * near[place] + of_lead * lead + constant)))
