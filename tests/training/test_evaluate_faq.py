"""Help pages are measured on questions that nobody tuned with."""

from pathlib import Path

import pytest

from agent.core.errors import DataRejected
from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.training.evaluate_faq import evaluate_faq, held_out_questions


@pytest.mark.timeout(120)
@pytest.mark.parametrize("pack, language", [("shop", "en"), ("bank", "en"), ("clinic", "en"), ("bank", "zh")])
def test_questions_in_other_words_find_their_page(pack: str, language: str) -> None:
    """Half or more get the right answer, few a wrong one; meaning does more than words alone."""
    runtime = Runtime(Registry.load(ModelSettings().folder), "cpu")
    embedder = SentenceEmbedder(runtime, language=language)
    measured = evaluate_faq(held_out_questions(pack, language), pack, language, embedder.embed)
    assert measured.n >= 30 and measured.n_unanswerable >= 15
    assert measured.found_first > 0.75 > measured.found_first_by_words
    assert measured.used.right > 0.45 and measured.used.wrong < 0.15 and measured.used.false_answers < 0.15
    shares = [one.right + one.wrong for one in measured.thresholds]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    "content", ["[]", "articles: {nowhere: [what]}\nunanswerable: []", "articles: {}\nunanswerable: []"]
)
def test_questions_of_another_form_are_refused(content: str, tmp_path: Path) -> None:
    """With the file, and the article that there is not."""
    file = tmp_path / "questions.yaml"
    file.write_text(content)
    with pytest.raises(DataRejected, match=r"questions\.yaml"):
        evaluate_faq(file, "shop", "en", lambda texts: pytest.fail("nothing is asked"))
