"""Measures how well help pages are found: right articles, wrong ones, and answers to what none of them answers."""

from pathlib import Path

import msgspec
import numpy as np
import yaml

from agent.core.errors import DataRejected
from agent.dialogue.faq import load_named_articles
from agent.dialogue.faq_search import Embed, FaqSearch
from agent.dialogue.knowledge import AT_LEAST_PROB
from agent.training.evaluation import Stopwatch
from agent.training.lines import DATA

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


class FaqShares(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of asking, at one threshold."""

    at_least_prob: float
    right: float
    """Share of the questions with an answer that get it."""
    wrong: float
    """Share of these that get another article."""
    false_answers: float
    """Share of the questions without an answer that get one."""


class FaqEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What `agent evaluate faq` prints, as one JSON object."""

    n: int
    """Questions that an article answers."""
    n_unanswerable: int
    found_first: float
    """Share of the questions whose article comes first, sure or not."""
    found_first_by_words: float
    """The same without the embedding."""
    used: FaqShares
    """At the threshold that conversations use."""
    thresholds: list[FaqShares]
    ms_per_item: float
    """Median CPU time of one question on one thread."""


class _Questions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    articles: dict[str, tuple[str, ...]]
    unanswerable: tuple[str, ...]


def held_out_questions(pack: str, language: str) -> Path:
    """Our own questions for measuring the help pages of a pack; the file need not exist."""
    return DATA / f"{pack}_faq_heldout.{language}.yaml"


def evaluate_faq(data: Path, pack: str, language: str, embed: Embed) -> FaqEvaluation:
    """Asks every question of `data`. Raises `DataRejected` for a file of another form, or with articles that the pack
    does not have, and `SettingsError` for a pack that cannot be loaded.
    """
    articles = load_named_articles(pack, language)
    questions = _read(data)
    unknown = sorted(questions.articles.keys() - articles.keys())
    if unknown or not questions.articles:
        raise DataRejected(
            f"{data}: the {language} help pages of {pack} have no article {', '.join(unknown) or 'asked for'}"
        )
    search = FaqSearch(tuple(articles.values()), language, embed)
    search.prepare()
    asked = [(question, articles[name]) for name, own in questions.articles.items() for question in own]
    by_words = FaqSearch(tuple(articles.values()), language, None)
    stopwatch, outcomes = Stopwatch(), []
    for question, wanted in [*asked, *((question, None) for question in questions.unanswerable)]:
        with stopwatch.item():
            found = search.find(question, at_least_prob=0.0)
        assert found is not None
        outcomes.append((found.sure_prob, wanted is not None, found.article is wanted))
    sure = np.array([one for one, _, _ in outcomes])
    answerable = np.array([one for _, one, _ in outcomes])
    right = np.array([one for _, _, one in outcomes])

    def shares(at_least: float) -> FaqShares:
        given = sure >= at_least
        return FaqShares(
            at_least_prob=at_least,
            right=float((given & right)[answerable].mean()),
            wrong=float((given & ~right)[answerable].mean()),
            false_answers=float(given[~answerable].mean()) if not answerable.all() else 0.0,
        )

    words = [by_words.find(question, at_least_prob=0.0) for question, _ in asked]
    return FaqEvaluation(
        n=len(asked),
        n_unanswerable=len(questions.unanswerable),
        found_first=float(right[answerable].mean()),
        found_first_by_words=float(
            np.mean([one is not None and one.article is wanted for one, (_, wanted) in zip(words, asked, strict=True)])
        ),
        used=shares(AT_LEAST_PROB),
        thresholds=[shares(threshold) for threshold in THRESHOLDS],
        ms_per_item=stopwatch.median_ms,
    )


def _read(data: Path) -> _Questions:
    try:
        return msgspec.convert(yaml.safe_load(data.read_text(encoding="utf-8")), _Questions)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as fault:
        raise DataRejected(f"{data} cannot be read as questions by article: {fault}") from None
