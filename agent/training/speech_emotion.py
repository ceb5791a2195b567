"""Trains the model of emotion in the voice on acted recordings and writes it as ONNX."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.speech import VOICE_EMOTIONS
from agent.inference.runtime import Runtime
from agent.perception.voice_emotion import FEATURES
from agent.training.evaluation import Stopwatch
from agent.training.graphs import write_graph
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.scores import Answers, confident_prob
from agent.training.softmax import Floats, Linear, fit_linear, fit_temperature, softmax
from agent.training.speech_emotions import CORPORA, Recordings, find_recordings, hear, within

PENALTY = 0.2
STEPS = 100
SHRINKAGE = 0.5
"""Chosen, like the penalty, on the recordings below with speakers held out: so figures flatter by a little."""
LEAST_VARIANCE = 1e-6
"""Of a feature that is always the same."""
NEVER = -1e3
LEAST_PROB = 1e-3
FAR = 4.0
"""Deviations beyond which a feature counts no more: one that is far off says that something is wrong."""
FEWEST_SPEAKERS = 3
TIMED = 200
UNHEARD = ", nothing of it heard in training"
SURE_ACCURACY = 0.8
"""Share of the sure answers that are to be right; the threshold follows from it."""


def train(data: Path, work: Path, out: Path, *, runtime: Runtime, progress: Progress = unheard) -> TrainingReport:
    """Trains on the recordings in the folder `data` and below, and writes ONNX to `out`.

    What was heard is kept in `work`; the fit itself takes minutes and draws nothing by chance. Figures, temperature and
    threshold are those of models that heard none of the speaker that they are judged by. Raises `DataRejected` for a
    folder without such recordings, or with fewer than `FEWEST_SPEAKERS`.
    """
    began_s = time.process_time()
    found, left_out = find_recordings(data)
    heard, unheard_of = hear(found, runtime, work, progress=progress)
    if len(set(heard.speaker)) < FEWEST_SPEAKERS:
        raise DataRejected(f"{data} holds too few speakers to hold each out in turn; {FEWEST_SPEAKERS} are needed")
    logits = held_out_logits(heard, progress)
    temperature = fit_temperature(logits, heard.emotion)
    prob = softmax(logits / temperature)
    threshold = confident_prob(prob, heard.emotion, SURE_ACCURACY)
    held_out = _held_out(heard, prob, temperature, threshold)
    head = fit_head(heard)
    sha256 = export_head(head, temperature, out)
    used = DataUsed(file=data, items=len(heard), use="trained on, all of them")
    return TrainingReport(
        model="voice_emotion",
        out=out,
        sha256=sha256,
        seed=0,
        cpu_s=time.process_time() - began_s,
        data=(used,),
        held_out=held_out,
        ms_per_item=_ms_per_item(out, heard),
        notes={
            "temperature": f"{temperature:.3f}",
            **_tempers(held_out),
            **{reason: str(count) for reason, count in (left_out + unheard_of).items()},
        },
    )


class Head(NamedTuple):
    """Features, brought to zero mean and unit deviation and cut at `FAR`, into logits of `VOICE_EMOTIONS`."""

    mean: Floats
    deviation: Floats
    linear: Linear

    def logits(self, features: NDArray[np.floating]) -> Floats:
        """(n, 9) of (n, `FEATURES`)."""
        return self.linear.logits(_scaled(features, self.mean, self.deviation))


def fit_head(heard: Recordings) -> Head:
    """The mean of two linear classifiers that err differently, each brought to the same spread of logits: softmax
    regression, and the discriminant of classes that share their covariance."""
    mean, deviation = heard.features.mean(axis=0), heard.features.std(axis=0) + 1e-6
    scaled = _scaled(heard.features, mean, deviation)
    regression = fit_linear(scaled, heard.emotion, len(VOICE_EMOTIONS), penalty=PENALTY, steps=STEPS)
    both = [regression, fit_discriminant(scaled, heard.emotion, len(VOICE_EMOTIONS))]
    spreads = [one.logits(scaled).std() for one in both]
    linear = Linear(
        weights=np.sum([one.weights / spread for one, spread in zip(both, spreads, strict=True)], axis=0),
        bias=np.sum([one.bias / spread for one, spread in zip(both, spreads, strict=True)], axis=0),
    )
    return Head(mean, deviation, linear)


def fit_discriminant(features: Floats, label: NDArray[np.integer], classes: int) -> Linear:
    """Linear discriminant analysis with a covariance shrunk towards its diagonal by `SHRINKAGE` (Friedman, Regularized
    Discriminant Analysis, 1989), for classes that are equally frequent. A class without examples is never answered."""
    known = np.unique(label)
    means = np.zeros((classes, features.shape[1]))
    for each in known:
        means[each] = features[label == each].mean(axis=0)
    rest = features - means[label]
    covariance = (1 - SHRINKAGE) * rest.T @ rest / len(rest)
    diagonal = np.diag_indices_from(covariance)
    covariance[diagonal] = np.maximum(covariance[diagonal] / (1 - SHRINKAGE), LEAST_VARIANCE)
    weights = np.linalg.solve(covariance, means.T)
    bias = -0.5 * (means.T * weights).sum(axis=0)
    bias[np.setdiff1d(np.arange(classes), known)] = NEVER
    return Linear(weights=weights, bias=bias)


def held_out_logits(heard: Recordings, progress: Progress = unheard) -> Floats:
    """(n, 9) logits of each recording by a head that heard nothing of its speaker."""
    logits = np.zeros((len(heard), len(VOICE_EMOTIONS)))
    speakers = np.unique(heard.speaker)
    for turn, speaker in enumerate(speakers):
        progress("speakers held out", turn / len(speakers), str(speaker))
        held = heard.speaker == speaker
        logits[held] = fit_head(heard.take(~held)).logits(heard.features[held])
    progress("speakers held out", 1.0)
    return logits


def export_head(head: Head, temperature: float, target: Path) -> str:
    """Writes `features` (n, `FEATURES`) → `voice_emotion_prob` (n, 9); returns the file's sha256."""
    text = f"""
    <ir_version: 10, opset_import: ["" : 17]>
    voice_emotion (float[n, {FEATURES}] features) => (float[n, {len(VOICE_EMOTIONS)}] voice_emotion_prob)
    {{
        centred = Sub(features, mean)
        scaled = Div(centred, deviation)
        cut = Clip(scaled, nearest, farthest)
        product = MatMul(cut, weights)
        logits = Add(product, bias)
        voice_emotion_prob = Softmax <axis = 1> (logits)
    }}
    """
    weights = {
        "mean": head.mean,
        "deviation": head.deviation,
        "nearest": np.array(-FAR),
        "farthest": np.array(FAR),
        "weights": head.linear.weights / temperature,
        "bias": head.linear.bias / temperature,
    }
    return write_graph(text, weights, target)


def _scaled(features: NDArray[np.floating], mean: Floats, deviation: Floats) -> Floats:
    return np.clip((features.astype(np.float64) - mean) / deviation, -FAR, FAR)


def _held_out(heard: Recordings, prob: Floats, temperature: float, threshold: float) -> dict[str, Answers]:
    """What heads answered to speakers of whom they heard nothing, and to a corpus of which they heard nothing."""
    answers = {}
    for name in CORPORA:
        rows = heard.corpus == name
        if not rows.any():
            continue
        label = heard.emotion[rows]
        answers[f"{name}, speakers held out in turn"] = _answers(within(prob[rows], name), label, threshold)
        others = heard.take(~rows)
        rows &= np.isin(heard.emotion, others.emotion)
        if rows.any():
            strange = softmax(fit_head(others).logits(heard.features[rows]) / temperature)
            shared = np.isin(np.arange(len(VOICE_EMOTIONS)), heard.emotion[rows])
            strange = np.where(shared, strange, 0) / strange[:, shared].sum(axis=1, keepdims=True)
            answers[f"{name}{UNHEARD}"] = _answers(strange, heard.emotion[rows], threshold)
    return {"all, speakers held out in turn": _answers(prob, heard.emotion, threshold), **answers}


def _tempers(held_out: dict[str, Answers]) -> dict[str, str]:
    """What exponent the probabilities would bear in each corpus of which nothing was heard."""
    unheard = {name: answers for name, answers in held_out.items() if name.endswith(UNHEARD)}
    return {f"exponent, {name}": f"{best_temper(one.prob, one.label):.2f}" for name, one in unheard.items()}


def best_temper(prob: NDArray[np.floating], label: NDArray[np.integer]) -> float:
    """The exponent, from 0 (they tell nothing) to 1 (they hold), with which the label is the least surprising to (n, k)
    probabilities, each label that occurs counting the same. Classes that no label has are left out of them."""
    known = np.unique(label)
    log_prob = np.log(np.maximum(prob[:, known], LEAST_PROB))
    right = np.searchsorted(known, label)
    weight = 1 / np.bincount(right)[right]

    def loss(temper: float) -> float:
        return float(-(weight * np.log(softmax(temper * log_prob)[np.arange(len(right)), right])).sum())

    return float(min(np.linspace(0, 1, 101), key=loss))


def _answers(prob: Floats, label: NDArray[np.int64], threshold: float) -> Answers:
    return Answers(prob=prob, label=label, names=VOICE_EMOTIONS, confident_prob=threshold)


def _ms_per_item(file: Path, heard: Recordings) -> float:
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    stopwatch = Stopwatch()
    for row in heard.features[:TIMED]:
        with stopwatch.item():
            session.run(None, {"features": row[None]})
    return stopwatch.median_ms
