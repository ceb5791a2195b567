"""Reads GoEmotions: comments whose feelings were named by their readers, 27 of them, grouped into seven."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.speech import TEXT_EMOTIONS

GROUPS = {
    "anger": "anger annoyance disapproval",
    "disgust": "disgust",
    "fear": "fear nervousness",
    "joy": "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief",
    "sadness": "disappointment embarrassment grief remorse sadness",
    "surprise": "confusion curiosity realization surprise",
    "neutral": "neutral",
}
"""The data's own grouping of its labels by Ekman's emotions (Demszky and others, GoEmotions, 2020, section 4.3)."""
LABELS = tuple(sorted(" ".join(list(GROUPS.values())[:-1]).split())) + ("neutral",)
"""In the order of the numbers in the published files."""
GROUP_OF = {label: TEXT_EMOTIONS.index(group) for group, labels in GROUPS.items() for label in labels.split()}
SEVERAL = "comments in which readers saw several emotions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """In the order of the file."""

    texts: tuple[str, ...]
    groups: NDArray[np.bool_]
    """(n, 7) which of `TEXT_EMOTIONS` each was given; at least one."""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def plain(self) -> NDArray[np.bool_]:
        """(n,) whether a comment was given one emotion alone."""
        return np.asarray(self.groups.sum(axis=1) == 1)

    def take(self, rows: NDArray[np.bool_]) -> "Comments":
        """Some of the comments."""
        kept = np.flatnonzero(rows)
        return Comments(texts=tuple(self.texts[row] for row in kept), groups=self.groups[kept])


def load_comments(path: Path) -> Comments:
    """Comments of a table as GoEmotions publishes it: text, labels as numbers or names between commas, and what else.

    Raises `DataRejected` that names the line that is not of this form.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataRejected(f"{path} cannot be read: {error}") from error
    numbered = [(number, line.rstrip("\r")) for number, line in enumerate(lines, start=1) if line.strip()]
    if not numbered:
        raise DataRejected(f"{path} holds no comments")
    pairs = [_comment(line, f"{path}, line {number}") for number, line in numbered]
    groups = np.zeros((len(pairs), len(TEXT_EMOTIONS)), np.bool_)
    for row, (_, named) in enumerate(pairs):
        groups[row, named] = True
    return Comments(texts=tuple(text for text, _ in pairs), groups=groups)


def several(comments: Comments) -> Counter[str]:
    """How many comments have no single right answer, by the reason."""
    return Counter({SEVERAL: int((~comments.plain).sum())})


def _comment(line: str, where: str) -> tuple[str, list[int]]:
    cells = line.split("\t")
    if len(cells) < 2 or not cells[0].strip():
        raise DataRejected(f"{where} has no text and labels with a tab between them")
    labels = [label.strip() for label in cells[1].split(",")]
    named = [
        LABELS[int(label)] if label.isascii() and label.isdigit() and int(label) < len(LABELS) else label
        for label in labels
    ]
    unknown = [label for label in named if label not in GROUP_OF]
    if unknown:
        raise DataRejected(f"{where} has the label {unknown[0]!r}; known are {', '.join(LABELS)}, and their numbers")
    return cells[0], [GROUP_OF[label] for label in named]
