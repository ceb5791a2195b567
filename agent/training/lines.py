"""Lines of text with their intents: our YAML, tables as banking77 has them, CLINC150's and other JSON."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
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
TEXT_COLUMNS = ("text", "utterance", "sentence", "query")
INTENT_COLUMNS = ("category", "intent", "label")
"""Names that data sets give to columns, those that count first at the front."""

Pair = tuple[str, str]
"""A text and its intent."""


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

    Raises `DataRejected` when the file is of no form that is known, or names the line that is not.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(READERS))
        raise DataRejected(f"{path} is of no form in which lines with intents come; there are {known}")
    try:
        pairs = reader(path, split)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise DataRejected(f"{path} cannot be read as lines with intents: {error}") from error
    if not pairs:
        raise DataRejected(f"{path} holds no lines of the split {split!r}")
    named = [(text, None if intent in OUTSIDE_NAMES else intent) for text, intent in pairs]
    return Lines(texts=tuple(text for text, _ in named), intents=tuple(intent for _, intent in named))


def _of_yaml(path: Path, _: str) -> list[Pair]:
    """`intents`: lists by name, and `out_of_scope`: a list."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    pairs = [(str(text), name) for name, texts in content["intents"].items() for text in texts]
    return pairs + [(str(text), "out_of_scope") for text in content.get("out_of_scope", [])]


def _of_table(path: Path, _: str) -> list[Pair]:
    """Text and intent in two columns, or in those that a header calls so, by commas or, in .tsv, by tabs."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        try:
            numbered = [(rows.line_num, row) for row in rows if row]
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num}: {error}") from None
    if not numbered:
        return []
    columns = _columns(numbered[0][1])
    if columns is not None:
        numbered = numbered[1:]
    text, intent = columns or (0, 1)
    width = max(text, intent) + 1 if columns else 2
    for number, row in numbered:
        if len(row) < width or (columns is None and len(row) > width):
            raise ValueError(
                f"line {number} has {len(row)} columns; a text and an intent are wanted, in quotes "
                "where they hold the delimiter"
            )
    return [_pair(row[text], row[intent], f"line {number}") for number, row in numbered]


def _columns(head: list[str]) -> tuple[int, int] | None:
    """Where a header has text and intent; None for a first line that is no header."""
    names = [cell.strip().lower() for cell in head]
    text = next((names.index(name) for name in TEXT_COLUMNS if name in names), None)
    intent = next((names.index(name) for name in INTENT_COLUMNS if name in names), None)
    if text is not None and intent is not None:
        return text, intent
    if (text is None and intent is None) and len(head) == 2:
        return None
    raise ValueError(
        f"its first line, {', '.join(names)}, names no column of texts ({', '.join(TEXT_COLUMNS)}) or "
        f"none of intents ({', '.join(INTENT_COLUMNS)})"
    )


def _of_json(path: Path, split: str) -> list[Pair]:
    """CLINC's splits (`train`, `oos_train`, …), each a list of [text, intent]; a plain list; or one split alone."""
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(content, list):
        return [_of_item(item, f"item {place}") for place, item in enumerate(content, start=1)]
    chosen = [name for name in (split, f"oos_{split}") if name in content]
    if not chosen and not any(name.removeprefix("oos_") in {"train", "val", "test"} for name in content):
        chosen = list(content)
    return [
        _of_item(item, f"item {place} of {name!r}")
        for name in chosen
        for place, item in enumerate(content[name], start=1)
    ]


def _of_json_lines(path: Path, _: str) -> list[Pair]:
    """An object or a [text, intent] a line; empty lines are passed over."""
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if line.strip():
            try:
                item = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is no JSON: {error.msg} at column {error.colno}") from None
            pairs.append(_of_item(item, f"line {number}"))
    return pairs


def _of_item(item: object, where: str) -> Pair:
    """[text, intent], or an object that calls them by the names of columns."""
    if isinstance(item, list) and len(item) == 2:
        return _pair(item[0], item[1], where)
    if isinstance(item, dict):
        named = {str(name).lower(): value for name, value in item.items()}
        text = next((named[name] for name in TEXT_COLUMNS if name in named), None)
        return _pair(text, next((named[name] for name in INTENT_COLUMNS if name in named), None), where)
    raise ValueError(f"{where} is neither a pair of text and intent nor an object with them")


def _pair(text: object, intent: object, where: str) -> Pair:
    intent = str(intent) if isinstance(intent, int) else intent
    if not isinstance(text, str) or not isinstance(intent, str) or not text.strip() or not intent.strip():
        raise ValueError(f"{where} has no text or no intent")
    return text, intent.strip()


READERS: dict[str, Callable[[Path, str], list[Pair]]] = {
    ".yaml": _of_yaml,
    ".yml": _of_yaml,
    ".csv": _of_table,
    ".tsv": _of_table,
    ".json": _of_json,
    ".jsonl": _of_json_lines,
}
