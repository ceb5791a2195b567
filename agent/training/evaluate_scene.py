"""Measures how well the scene is told, on pieces of calls that people wrote."""

from pathlib import Path

import numpy as np

from agent.fusion.scene import ENTER_PROB, OUTCOMES, SceneModel
from agent.fusion.situation import describe
from agent.inference.runtime import Runtime
from agent.training.evaluation import Evaluation, Stopwatch, evaluated
from agent.training.scenes import Looks, Timeline, play
from agent.training.scores import Answers
from agent.training.written_calls import ReadIntent, written_calls


def evaluate_scene(data: Path, runtime: Runtime, read_intent: ReadIntent) -> Evaluation:
    """What the model says at the end of each clip of `data`, of the form of `scenes_heldout.yaml`; `read_intent` says
    what the words ask for. The time is that of one look. Raises `DataRejected` for a file of another form."""
    judge, stopwatch = SceneModel(runtime), Stopwatch()
    clips = written_calls(data, read_intent)
    prob = []
    for clip in clips:
        last = list(play(clip))[-1]
        with stopwatch.item():
            prob.append(judge(describe(last.recent, last.now_ns)).probabilities)
    answers = Answers(
        prob=np.array(prob),
        label=np.array([OUTCOMES.index(clip.scenes[-1][2]) for clip in clips]),
        names=OUTCOMES,
        confident_prob=ENTER_PROB,
    )
    seen = np.array([_seen(clip) for clip in clips])
    slices = {"with a camera": seen, "without a camera": ~seen}
    return evaluated(answers, ms_per_item=stopwatch.median_ms, slices=slices)


def _seen(clip: Timeline) -> bool:
    return not any(moment.what == Looks(None) for moment in clip.moments)
