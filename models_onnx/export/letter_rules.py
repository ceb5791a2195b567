"""Learn from the lexicon how letters sound, for words that it does not have, and say how well on words left out.

    python models_onnx/export/letter_rules.py --out agent/synthesis/data

Letters are first aligned with phonemes by expectation maximisation (hard assignment), each letter taking none to three;
then `agent.synthesis.letters` describes the context that the rules grow from.
"""

import argparse
import lzma
import math
import random
import re
import zlib
from collections import Counter, defaultdict
from pathlib import Path

from agent.synthesis.letters import LetterRules, Reading
from agent.synthesis.lexicon import DATA

Alignment = list[str]
"""Phonemes of each letter of a word, stress marks included."""
Scores = dict[str, dict[str, float]]
"""Log probability of phonemes without stress marks, by letter."""

MOST_PHONEMES = 3
UNSEEN = -12.0
"""Log probability of a pair not seen; the same again, by a third, for every phoneme more or less than one."""
ROUNDS = 6
WORDS_TO_ALIGN_BY = 20_000
WORST_SCORE = -2.2
"""Mean log probability of a letter below which a word is no example of anything, such as an abbreviation."""
PARTS = 10
"""One part of the words in so many is left out to measure with; words that begin alike stay together."""


def read_words() -> list[tuple[str, list[str]]]:
    """Lower-case words of letters only, with their phonemes as units of a stress mark and a symbol."""
    words = []
    for line in lzma.decompress((DATA / "lexicon.tsv.xz").read_bytes()).decode().splitlines():
        word, phonemes, *_ = line.split("\t")
        if re.fullmatch(r"[A-Z]?[a-z]+", word) and len(word) > 1:
            words.append((word.lower(), re.findall(r"[ˈˌ]?[^ˈˌ]", phonemes)))
    return words


def unstressed(phonemes: str) -> str:
    return phonemes.replace("ˈ", "").replace("ˌ", "")


def align(word: str, units: list[str], scores: Scores) -> tuple[Alignment, float]:
    """The best way to share the units among the letters in order, and its mean log probability a letter."""
    plain = [unstressed(unit) for unit in units]
    best = [[(-math.inf, 0)] * (len(units) + 1) for _ in range(len(word) + 1)]
    best[0][0] = (0.0, 0)
    for at, letter in enumerate(word):
        known = scores.get(letter, {})
        for used, (score, _) in enumerate(best[at]):
            if score == -math.inf:
                continue
            for taken in range(min(MOST_PHONEMES, len(units) - used) + 1):
                unseen = UNSEEN - abs(taken - 1) * 4.0
                reached = score + known.get("".join(plain[used : used + taken]), unseen)
                if reached > best[at + 1][used + taken][0]:
                    best[at + 1][used + taken] = (reached, taken)
    score, used, shares = best[-1][-1][0], len(units), []
    if score == -math.inf:
        return [], score
    for at in range(len(word), 0, -1):
        taken = best[at][used][1]
        shares.append("".join(units[used - taken : used]))
        used -= taken
    return shares[::-1], score / len(word)


def learn_scores(words: list[tuple[str, list[str]]]) -> Scores:
    """Pairs of letter and phonemes that align the words best, from a start where place in the word decides."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for word, units in words:
        for at, letter in enumerate(word):
            for number, unit in enumerate(units):
                if abs((at + 0.5) / len(word) - (number + 0.5) / len(units)) <= 1.2 / max(len(word), len(units)):
                    counts[letter][unstressed(unit)] += 1
    for letter in counts:
        counts[letter][""] = counts[letter].total() // 12
    for _ in range(ROUNDS):
        scores = log_probabilities(counts)
        counts = defaultdict(Counter)
        for word, units in words:
            for letter, share in zip(word, align(word, units, scores)[0], strict=False):
                counts[letter][unstressed(share)] += 1
    return log_probabilities(counts)


def log_probabilities(counts: dict[str, Counter[str]]) -> Scores:
    """Pairs seen less than three times, or several phonemes in less than one of 1,500 cases, are noise."""
    scores: Scores = {}
    for letter, shares in counts.items():
        total = shares.total()
        kept = {share: n for share, n in shares.items() if n >= 3 and (len(share) < 2 or n / total > 1 / 1_500)}
        scores[letter] = {share: math.log(n / sum(kept.values())) for share, n in kept.items()}
    return scores


def grow(examples: list[tuple[str, Alignment]]) -> dict[str, str]:
    """Rules by beginning of context; one is written only where it differs from what a shorter one says."""
    cases = []
    for word, shares in examples:
        reading = Reading(word)
        for at in range(len(word) - 1, -1, -1):
            cases.append((reading.context(at), shares[at]))
            reading.decide(shares[at])
    rules: dict[str, str] = {}
    pending: list[tuple[list[tuple[str, str]], int, str | None]] = [(cases, 0, None)]
    while pending:
        group, depth, inherited = pending.pop()
        answers = Counter(answer for _, answer in group)
        commonest = max(sorted(answers), key=answers.__getitem__)
        if commonest != inherited:
            rules[group[0][0][:depth]] = commonest
        if len(answers) > 1 and depth < len(group[0][0]):
            branches: dict[str, list[tuple[str, str]]] = defaultdict(list)
            for case in group:
                branches[case[0][depth]].append(case)
            pending += [(branch, depth + 1, commonest) for branch in branches.values()]
    return rules


def edits(ours: list[str], theirs: list[str]) -> int:
    """Levenshtein distance."""
    row = list(range(len(theirs) + 1))
    for number, one in enumerate(ours, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(theirs, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (one != other))
    return row[-1]


def measure(rules: LetterRules, examples: list[tuple[str, Alignment]]) -> str:
    """Phoneme error rates over words that the rules have not seen."""
    plain_errors = errors = total = 0
    for word, shares in examples:
        guess, truth = rules.phonemes(word), "".join(shares)
        total += len(unstressed(truth))
        plain_errors += edits(list(unstressed(guess)), list(unstressed(truth)))
        errors += edits(re.findall("[ˈˌ]?.", guess), re.findall("[ˈˌ]?.", truth))
    return f"phoneme error rate {plain_errors / total:.1%}, {errors / total:.1%} with stress, on {len(examples)} words"


def main() -> None:
    """Write letter_rules.tsv.xz, learned from all words, after measuring with a part of them left out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the rules")
    arguments = parser.parse_args()
    words = read_words()
    scores = learn_scores(random.Random(0).sample(words, WORDS_TO_ALIGN_BY))
    aligned = [(word, *align(word, units, scores)) for word, units in words]
    examples = [(word, shares) for word, shares, score in aligned if score > WORST_SCORE]
    held_out = {word for word, _ in examples if zlib.crc32(word[:5].encode()) % PARTS == 0}
    seen = [example for example in examples if example[0] not in held_out]
    print(measure(LetterRules(grow(seen)), [example for example in examples if example[0] in held_out]))
    rules = grow(examples)
    text = "".join(f"{beginning}\t{answer}\n" for beginning, answer in sorted(rules.items()))
    packed = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
    (arguments.out / "letter_rules.tsv.xz").write_bytes(packed)
    print(f"{len(rules)} rules from {len(examples)} words, {len(packed) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
