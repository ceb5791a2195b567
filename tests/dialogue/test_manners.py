"""How every pack speaks, whatever it speaks about: it does not argue, and is brief with who has a hard time."""

import re

import pytest

from agent.dialogue.domain import Domain, load_domain
from agent.dialogue.faq import load_articles
from agent.dialogue.flow_parts import Line

PACKS = ("shop", "bank", "clinic")
ARGUING = re.compile(
    r"\b(?:you(?:'re| are) wrong|you should have|you (?:have )?misunderst\w*|as I (?:already )?said|calm down|"
    r"obviously|that(?:'s| is) not true|you must understand|your (?:own )?fault|you failed|there is no reason)\b|"
    r"[你您]错了|[你您]应该早|冷静点|我已经说过|不是我们的错",
    re.IGNORECASE,
)


def lines_of(domain: Domain) -> list[tuple[str, str, Line]]:
    """Every line of a pack: language, name and wording."""
    languages = {domain.locale: domain.lines, **domain.translations}
    return [(language, name, line) for language, lines in languages.items() for name, line in lines.items()]


def test_what_arguing_looks_like() -> None:
    """The pattern finds what it is there to find."""
    assert all(
        ARGUING.search(said) for said in ("You're wrong about that.", "Please calm down.", "As I already said, no.")
    )


@pytest.mark.parametrize("pack", PACKS)
def test_no_line_argues(pack: str) -> None:
    """Neither a line nor a help page tells customers that they are wrong, at fault, or to calm down."""
    said = [wording for _, _, line in lines_of(load_domain(pack)) for wording in (line.text, line.calm or "")]
    said += [article.answer for language in ("en", "zh") for article in load_articles(pack, language)]
    assert len(said) > 50 and [words for words in said if ARGUING.search(words)] == []


@pytest.mark.parametrize("pack", PACKS)
def test_who_has_a_hard_time_hears_fewer_words(pack: str) -> None:
    """A calm wording is shorter than the usual one, and there are such wordings."""
    calm = [(name, line.text, line.calm) for _, name, line in lines_of(load_domain(pack)) if line.calm]
    assert len(calm) >= 3
    assert [name for name, usual, shorter in calm if len(shorter) >= len(usual)] == []


@pytest.mark.parametrize("pack", PACKS)
def test_the_first_sentence_of_a_help_page_stands_alone(pack: str) -> None:
    """It is all that somebody in a hurry hears: short enough to be spoken, and no question."""
    articles = load_articles(pack, "en")
    long = [article.title for article in articles if len(article.sentences[0].split()) > 32]
    assert articles and long == [] and not any(article.sentences[0].endswith("?") for article in articles)
