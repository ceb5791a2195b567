"""Measures how well the emotion of comments is read, against what their readers saw in them."""

from pathlib import Path

import numpy as np

from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.perception.text_emotion import TextEmotion
from agent.training.evaluation import Evaluation, Stopwatch, evaluated
from agent.training.goemotions import load_comments, several
from agent.training.progress import Progress, unheard
from agent.training.text_emotion import answers_of


def evaluate_text_emotion(data: Path, runtime: Runtime, *, progress: Progress = unheard) -> Evaluation:
    """Reads each comment of GoEmotions' table `data`; those with several emotions are left out of the figures.

    Raises `DataRejected` for a file of another form.
    """
    comments = load_comments(data)
    embedder, reader = SentenceEmbedder(runtime), TextEmotion(runtime)
    stopwatch, probs = Stopwatch(), []
    for done, text in enumerate(comments.texts):
        progress("comments", done / len(comments), f"{done} of {len(comments)}")
        with stopwatch.item():
            probs.append(reader.probabilities(embedder.features([text])))
    progress("comments", 1.0)
    answers = answers_of(comments, np.concatenate(probs), reader.confident_prob)
    return evaluated(answers, ms_per_item=stopwatch.median_ms, left_out=several(comments))
