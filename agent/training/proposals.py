"""Groups questions that belong to no intent into proposed new ones, which a person names or discards."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import yaml
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.training.lines import bare

ALIKE = 0.4
"""Two groups become one while the mean cosine between their lines is this or more."""
LEAST_LINES = 5
"""So many different lines make a proposal."""
MOST_LINES = 1_000
"""The latest ones; more would take minutes."""
EXAMPLES = 8
"""Lines of a group that stand for it, the middle first."""

_EMAIL = re.compile(r"\S+@\S+")
_NUMBER = re.compile(r"\d[\d\s.,/-]*\d|\d")

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


class Proposal(msgspec.Struct, kw_only=True):
    """One group of lines and what was decided on it."""

    id: str
    """Of its lines: the same group has the same id wherever it is found."""
    lines: list[str]
    """Redacted; the most typical first."""
    alike: float
    """Mean cosine between its lines."""
    state: Literal["open", "named", "discarded"] = "open"
    name: str | None = None


class Proposals(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The file in which an operator keeps what was proposed."""

    proposals: list[Proposal] = []

    def find(self, proposal_id: str) -> Proposal:
        """The open proposal of this id, or of an id that begins so. Raises `DataRejected` for none or several."""
        found = [one for one in self.proposals if one.id.startswith(proposal_id) and one.state == "open"]
        if len(found) != 1:
            reason = "several open proposals begin" if found else "no open proposal has an id that begins"
            raise DataRejected(f"{reason} with {proposal_id!r}; `agent intents list` shows them")
        return found[0]

    def add(self, found: Iterable[Proposal]) -> list[Proposal]:
        """Puts new groups in the place of the open ones, but none of lines that were decided on already; gives them."""
        decided = {bare(line) for one in self.proposals if one.state != "open" for line in one.lines}
        fresh = [one for one in found if sum(bare(line) in decided for line in one.lines) * 2 < len(one.lines)]
        self.proposals = [*(one for one in self.proposals if one.state != "open"), *fresh]
        return fresh


def redacted(text: str) -> str:
    """The line without numbers and e-mail addresses. Names of people stay: nothing here can tell them for sure."""
    return _NUMBER.sub("#", _EMAIL.sub("@", text)).strip()


def propose(lines: Iterable[str], in_scope: Callable[[str], bool], embed: Embed) -> list[Proposal]:
    """Groups of at least `LEAST_LINES` redacted, different lines for which `in_scope` is false, the largest first.

    The same lines in the same order give the same groups. Average linkage (Sokal and Michener, 1958), so that no chain
    of pairs ties together what has nothing in common.
    """
    different = {bare(redacted(line)): redacted(line) for line in lines if any(map(str.isalpha, line))}
    asked = [line for line in different.values() if not in_scope(line)][-MOST_LINES:]
    if len(asked) < LEAST_LINES:
        return []
    embeddings = embed(asked)
    groups = [group for group in _linked(embeddings @ embeddings.T) if len(group) >= LEAST_LINES]
    proposals = [_proposal([asked[row] for row in group], embeddings[group]) for group in groups]
    return sorted(proposals, key=lambda one: (-len(one.lines), one.id))


def load_proposals(file: Path) -> Proposals:
    """What the file holds; none where there is none. Raises `DataRejected` for another file."""
    if not file.exists():
        return Proposals()
    try:
        return msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), Proposals)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise DataRejected(f"{file} cannot be read as proposals: {error}") from error


def save_yaml(content: object, file: Path) -> None:
    """Writes beside `file` and moves it there, so that a crash never leaves half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(f"{file.name}.part")
    text = yaml.safe_dump(msgspec.to_builtins(content), allow_unicode=True, sort_keys=False, width=100)
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(file)


def add_examples(file: Path, name: str, lines: Sequence[str]) -> None:
    """Adds lines to those of intent `name` in the operator's own file of examples, which is made if it is not there.

    Raises `DataRejected` when it holds something else.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {"intents": {}}
        known = content["intents"].setdefault(name, [])
        known.extend(line for line in lines if line not in known)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise DataRejected(f"{file} has no `intents` with lists of lines by name") from error
    save_yaml(content, file)


def _linked(cosines: NDArray[np.float32]) -> list[list[int]]:
    """Rows of each group that average linkage ends with at `ALIKE`."""
    likeness = cosines.astype(np.float64)
    np.fill_diagonal(likeness, -np.inf)
    groups: list[list[int]] = [[row] for row in range(len(likeness))]
    while True:
        kept, joined = sorted(divmod(int(likeness.argmax()), len(likeness)))
        if kept == joined or likeness[kept, joined] < ALIKE:
            return [group for group in groups if group]
        sizes = len(groups[kept]), len(groups[joined])
        mean = (likeness[kept] * sizes[0] + likeness[joined] * sizes[1]) / sum(sizes)
        likeness[kept], likeness[:, kept] = mean, mean
        likeness[joined], likeness[:, joined] = -np.inf, -np.inf
        likeness[kept, kept] = -np.inf
        groups[kept], groups[joined] = groups[kept] + groups[joined], []


def _proposal(lines: list[str], embeddings: NDArray[np.float32]) -> Proposal:
    cosines = embeddings @ embeddings.T
    order = np.argsort(-cosines.sum(axis=1), kind="stable")
    ordered = [lines[row] for row in order]
    size = len(lines)
    digest = hashlib.sha256("\n".join(sorted(map(bare, lines))).encode()).hexdigest()
    alike = (float(cosines.sum()) - size) / (size * (size - 1))
    return Proposal(id=digest[:8], lines=ordered, alike=round(alike, 3))
