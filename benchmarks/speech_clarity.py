"""How well the agent's own voice is understood, and how fast it speaks: synthesize, transcribe, compare.

    python -m benchmarks.speech_clarity [--json] [--sentences file.txt]

Word error rate of tiny.en on synthesized support lines. Both sides are written out by the voice's own front end first,
so that "$5" and "five dollars" count as the same; the recogniser's own errors count against the voice.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from agent.core.settings import load_settings
from agent.core.speech import MIC_RATE_HZ
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.synthesis.clauses import clauses
from agent.synthesis.sound import resampled
from agent.synthesis.tokens import Kind
from agent.synthesis.voice import PiperVoice, Style
from agent.synthesis.written import spoken

SENTENCES = Path(__file__).with_name("speech_clarity.txt")


def words(text: str) -> list[str]:
    return [token.text.lower().strip("'") for token in spoken(text) if token.kind is not Kind.MARK]


def edits(heard: list[str], said: list[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(said) + 1))
    for number, one in enumerate(heard, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(said, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (one != other))
    return row[-1]


def percentile(values: list[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 1)


def main() -> None:
    """Print the word error rate, the real-time factor and the CPU time until the first sample and the first clause."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object, without the sentences misheard")
    parser.add_argument("--sentences", type=Path, default=SENTENCES, help="a text file, a sentence a line")
    arguments = parser.parse_args()
    settings = load_settings()
    registry = Registry.load(settings.models.folder)
    voice = PiperVoice(Runtime(registry, "cpu"), settings.voice)
    recogniser = WhisperModel(
        str(registry.directory("speech_to_text")), device="cpu", compute_type="int8", cpu_threads=1
    )
    errors = said = 0
    cpu_s = sound_s = 0.0
    first_sample_ms: list[float] = []
    first_clause_ms: list[float] = []
    for sentence in arguments.sentences.read_text(encoding="utf-8").splitlines():
        parts: list[NDArray[np.float32]] = []
        for number, clause in enumerate(clauses(sentence)):
            started_s = time.process_time()
            for piece in voice.stream(clause, Style()):
                if number == 0 and len(first_sample_ms) == len(first_clause_ms):
                    first_sample_ms.append((time.process_time() - started_s) * 1e3)
                parts.append(piece.samples)
            taken_s = time.process_time() - started_s
            cpu_s += taken_s
            if number == 0:
                first_clause_ms.append(taken_s * 1e3)
        samples = np.concatenate(parts)
        sound_s += len(samples) / voice.rate_hz
        at_mic_rate = resampled(samples, round(len(samples) * MIC_RATE_HZ / voice.rate_hz))
        segments, _ = recogniser.transcribe(at_mic_rate, language="en", beam_size=5, without_timestamps=True)
        heard = " ".join(segment.text.strip() for segment in segments)
        wrong = edits(words(heard), words(sentence))
        errors += wrong
        said += len(words(sentence))
        if wrong and not arguments.json:
            print(f"{wrong}  {sentence}\n   {heard}")
    report = {
        "n": len(first_clause_ms),
        "words": said,
        "wer": round(errors / said, 4),
        "real_time_factor": round(cpu_s / sound_s, 4),
        "first_sample_cpu_ms": {"p50": percentile(first_sample_ms, 50), "p95": percentile(first_sample_ms, 95)},
        "first_clause_cpu_ms": {"p50": percentile(first_clause_ms, 50), "p95": percentile(first_clause_ms, 95)},
    }
    print(json.dumps(report) if arguments.json else report)


if __name__ == "__main__":
    main()
