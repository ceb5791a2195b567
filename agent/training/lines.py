"""Lines of text with their intents, from our YAML, from CSV as banking77 has it, and from CLINC150's JSON."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.understanding import Understanding
from agent.training.intent_head import OUTSIDE

DATA = Path(__file__).parent / "data"
OUTSIDE_NAMES = frozenset({"oos", "out_of_scope", "none"})
"""Names that data sets give to what belongs to no intent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines in the order of the file."""

    texts: tuple[str, ...]
    intents: tuple[str | None, ...]
    """None for a line that belongs to no intent."""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def names(self) -> tuple[str, ...]:
        """The intents that occur, sorted."""
        return tuple(sorted({intent for intent in self.intents if intent is not None}))


def held_out_files(pack: str, language: str = "en") -> tuple[Path, ...]:
    """Our own lines for measuring how well a pack's intents are understood; empty for a pack from elsewhere."""
    own = DATA / f"{pack}_heldout.{language}.yaml"
    return (DATA / f"common_heldout.{language}.yaml", own) if own.is_file() else ()


def together(parts: Iterable[Lines]) -> Lines:
    """All lines of several files as one."""
    listed = list(parts)
    return Lines(
        texts=tuple(text for part in listed for text in part.texts),
        intents=tuple(intent for part in listed for intent in part.intents),
    )


def understanding_of(path: Path) -> Understanding:
    """The intents of a file of lines, with no slots. Raises as `load_lines`."""
    lines = load_lines(path, "train")
    return Understanding(name=path.stem, intents=lines.names, texts=lines.texts, labels=lines.intents, slots={})


def labels(lines: Lines, names: Sequence[str]) -> NDArray[np.int64]:
    """(n,) the place of each line's intent in `names`, `OUTSIDE` for none. Raises `DataRejected` for other intents."""
    unknown = sorted(set(lines.names) - set(names))
    if unknown:
        raise DataRejected(
            f"intents that the model does not know: {', '.join(unknown[:5])}; give --train with a file that has them"
        )
    return np.array([OUTSIDE if intent is None else names.index(intent) for intent in lines.intents], dtype=np.int64)


def bare(text: str) -> str:
    """The line in lower case without the marks that a recogniser may or may not set."""
    return text.lower().replace(",", "").replace("，", "").strip(" .?!。？！")


def spellings(texts: Sequence[str], label: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Each line as it stands and as speech recognition may punctuate it: texts, labels, and a number that the
    spellings of one line share."""
    pairs = [
        (written, each)
        for text, each in zip(texts, label, strict=True)
        for written in sorted({text, bare(text), f"{bare(text).capitalize()}."})
    ]
    written = [text for text, _ in pairs]
    group = np.unique([bare(text) for text in written], return_inverse=True)[1]
    return written, np.array([each for _, each in pairs], dtype=np.int64), group.astype(np.int64)


def load_lines(path: Path, split: str) -> Lines:
    """Lines of one file; `split` ("train", "val", "test") picks those of a CLINC JSON with several.

    Raises `DataRejected` when the file is of no form that is known.
    """
    readers = {".yaml": _pairs_of_yaml, ".yml": _pairs_of_yaml, ".csv": _pairs_of_csv, ".json": _pairs_of_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataRejected(f"{path} is neither CSV nor JSON nor YAML; intents come as one of these")
    try:
        pairs = reader(path, split)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, yaml.YAMLError, csv.Error) as error:
        raise DataRejected(f"{path} cannot be read as lines with intents: {error}") from error
    if not pairs:
        raise DataRejected(f"{path} holds no lines of the split {split!r}")
    named = [(text, None if intent in OUTSIDE_NAMES else intent) for text, intent in pairs]
    return Lines(texts=tuple(text for text, _ in named), intents=tuple(intent for _, intent in named))


def _pairs_of_yaml(path: Path, _: str) -> list[tuple[str, str]]:
    """`intents`: lists by name, and `out_of_scope`: a list."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    pairs = [(str(text), name) for name, texts in content["intents"].items() for text in texts]
    return pairs + [(str(text), "out_of_scope") for text in content.get("out_of_scope", [])]


def _pairs_of_csv(path: Path, _: str) -> list[tuple[str, str]]:
    """A header, then `text,category` (or `intent`, or `label`)."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        columns = rows.fieldnames or []
        column = next((name for name in ("category", "intent", "label") if name in columns), None)
        if column is None or "text" not in columns:
            raise ValueError("its header has no columns text and category")
        return [(row["text"], row[column]) for row in rows]


def _pairs_of_json(path: Path, split: str) -> list[tuple[str, str]]:
    """CLINC's splits (`train`, `oos_train`, …), each a list of [text, intent]; a plain list; or one split alone."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(content, list):
        return [(text, intent) for text, intent in content]
    chosen = [*content.get(split, []), *content.get(f"oos_{split}", [])]
    if not chosen and not any(name.removeprefix("oos_") in {"train", "val", "test"} for name in content):
        chosen = [pair for pairs in content.values() for pair in pairs]
    return [(text, intent) for text, intent in chosen]
