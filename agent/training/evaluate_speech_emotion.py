"""Measures how well emotion is heard in a voice, on folders of acted emotions with RAVDESS's or EmoDB's file names."""

from pathlib import Path

import numpy as np

from agent.core.speech import VOICE_EMOTIONS
from agent.inference.runtime import Runtime
from agent.perception.voice_emotion import VoiceEmotionModel
from agent.training.evaluation import Evaluation, Stopwatch, evaluated
from agent.training.progress import Progress, unheard
from agent.training.scores import Answers
from agent.training.speech_emotions import CORPORA, TOO_LITTLE, find_recordings, open_ears, sounds, within


def evaluate_speech_emotion(data: Path, runtime: Runtime, *, progress: Progress = unheard) -> Evaluation:
    """Hears every recording in the folder `data` and below. An answer is the likeliest of the emotions that the
    recording's corpus knows, and its probability is what they share.

    The time is that of what is done beyond transcription. Raises `DataRejected` for a folder without such recordings.
    """
    recordings, left_out = find_recordings(data)
    ears, model, stopwatch = open_ears(runtime), VoiceEmotionModel(runtime), Stopwatch()
    prob, label, corpus = [], [], []
    for one, sound in sounds(recordings, left_out, progress):
        states = ears.states(sound)
        with stopwatch.item():
            heard = model.probabilities(sound, states)
        if heard is None:
            left_out[TOO_LITTLE] += 1
            continue
        prob.append(within(heard, one.corpus))
        label.append(one.emotion)
        corpus.append(one.corpus)
    answers = Answers(
        prob=np.array(prob).reshape(-1, len(VOICE_EMOTIONS)),
        label=np.array(label, np.int64),
        names=VOICE_EMOTIONS,
        confident_prob=model.confident_prob,
    )
    slices = {name: np.array(corpus) == name for name in CORPORA}
    return evaluated(answers, ms_per_item=stopwatch.median_ms, slices=slices, left_out=left_out)
