"""How well goods are recommended: each customer's last one is held out and looked for among the ten that come first."""

import csv
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.dialogue.domains.shop.history import TASTES, made_history
from agent.dialogue.domains.shop.suggestions import STRENGTH
from agent.dialogue.recommend import Recommender, fit
from agent.training.off_policy import OffPolicyEvaluation
from agent.training.progress import Progress
from agent.training.scores import Z_95

SHOWN = 10
MADE_KINDS = 12
"""So many goods of each kind are in the made market."""
MADE_SHOPPERS, MADE_SEED = 3_000, 5
MADE_REMARK = (
    "the history is made up by this program, by tastes that the model is not told; give --data FILE for figures of a "
    "real business"
)
_CUSTOMER = ("customer", "customer_id", "user", "user_id", "userid", "visitorid")
_ITEM = ("item", "item_id", "itemid", "product", "product_id", "movieid")
_TIME = ("time", "timestamp", "date", "day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A customer had to do with an item; the later one in a sequence is the later in time."""

    customer: str
    item: str
    weight: float = 1.0


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """What a way of ranking finds."""

    recall_at_10: float
    """Share of customers whose held-out item is among the first ten."""
    ndcg_at_10: float
    """The same, the more the further up: 1 / log2(place + 1)."""


class RecommendEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What `agent evaluate recommend --json` prints."""

    n: int
    """Customers with something held out; who has a single item has none left to learn from."""
    customers: int
    items: int
    recall_at_10: float
    ndcg_at_10: float
    popularity: Ranked
    recall_gain_95: tuple[float, float]
    """Between which the gain over popularity is, by a normal approximation over customers."""
    fit_ms: float
    ms_per_customer: float
    remarks: tuple[str, ...]
    choices: OffPolicyEvaluation | None = None
    """How the one that comes first is chosen, where that was judged as well."""


def evaluate_recommend(data: Path | None, progress: Progress) -> RecommendEvaluation:
    """Raises `DataRejected` for a file that is no history of customers and items."""
    deeds = made_market() if data is None else load_deeds(data)
    known, held_out = leave_last_out(deeds)
    if not held_out:
        raise DataRejected("no customer has two different items, so none can be held out")
    started = time.thread_time()
    recommender = fit(known.values(), dict.fromkeys(deed.item for deed in deeds))
    fitted = time.thread_time()
    places, popular = [], []
    for number, (customer, item) in enumerate(held_out.items()):
        places.append(_place(recommender, known[customer], item, known=known[customer]))
        progress("ranking", (number + 1) / len(held_out))
    ranked = time.thread_time()
    for customer, item in held_out.items():
        popular.append(_place(recommender, {}, item, known=known[customer]))
    own, others = _found(places), _found(popular)
    gain = own - others
    doubt = Z_95 * float(gain.std(ddof=1)) / math.sqrt(len(gain)) if len(gain) > 1 else 1.0
    return RecommendEvaluation(
        n=len(held_out),
        customers=len(known),
        items=len(recommender.items),
        recall_at_10=float(own.mean()),
        ndcg_at_10=_ndcg(places),
        popularity=Ranked(recall_at_10=float(others.mean()), ndcg_at_10=_ndcg(popular)),
        recall_gain_95=(float(gain.mean()) - doubt, float(gain.mean()) + doubt),
        fit_ms=(fitted - started) * 1000,
        ms_per_customer=(ranked - fitted) * 1000 / len(held_out),
        remarks=(MADE_REMARK,) if data is None else (),
    )


def made_market() -> list[Deed]:
    """A market of many goods with a made history, oldest first by customer."""
    kinds = sorted({kind for liked in TASTES.values() for kind in liked})
    events = made_history(kinds * MADE_KINDS, shoppers=MADE_SHOPPERS, seed=MADE_SEED)
    return [Deed(customer=str(event.shopper), item=str(event.product), weight=STRENGTH[event.how]) for event in events]


def leave_last_out(deeds: Sequence[Deed]) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """By customer, the history to learn from with the strongest deed an item, and the item that was new to them last,
    of which nothing is left in the history. Who has one item only keeps it."""
    histories: dict[str, dict[str, float]] = {}
    for deed in deeds:
        own = histories.setdefault(deed.customer, {})
        own[deed.item] = max(own.get(deed.item, 0.0), deed.weight)
    held_out = {}
    for customer, own in histories.items():
        if len(own) > 1:
            held_out[customer], _ = own.popitem()
    return histories, held_out


def load_deeds(path: Path) -> list[Deed]:
    """Rows of a CSV with a head that names a customer and an item, and a time if the rows are not in order of time.

    Raises `DataRejected`, which names the line, for a row without them or with a time that is neither a number nor a
    date.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            names = {name.strip().lower(): name for name in rows.fieldnames or ()}
            customer, item, when = (_column(names, wanted) for wanted in (_CUSTOMER, _ITEM, _TIME))
            if customer is None or item is None:
                raise DataRejected(f"{path}: the first line must name columns customer and item, and may name time")
            read = [_deed(path, number, row, customer, item, when) for number, row in enumerate(rows, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise DataRejected(f"{path} cannot be read: {fault}") from None
    return [deed for _, deed in sorted(read, key=lambda timed: timed[0])] if when is not None else [d for _, d in read]


def _column(names: Mapping[str, str], wanted: Iterable[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _deed(
    path: Path, line: int, row: Mapping[str, str | None], customer: str, item: str, when: str | None
) -> tuple[float, Deed]:
    who, what = (row.get(customer) or "").strip(), (row.get(item) or "").strip()
    if not who or not what:
        raise DataRejected(f"{path}, line {line}: a customer and an item are needed")
    return _seconds(path, line, row.get(when) or "") if when else 0.0, Deed(customer=who, item=what)


def _seconds(path: Path, line: int, said: str) -> float:
    try:
        return float(said)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(said.strip()).timestamp()
    except ValueError:
        raise DataRejected(f"{path}, line {line}: {said!r} is no time; give a number or a date") from None


def _place(
    recommender: Recommender[str], history: Mapping[str, float], item: str, *, known: Mapping[str, float]
) -> int | None:
    """Where the item stands among what is recommended by `history` and not `known`, from 1; None where it is not
    shown."""
    best = recommender.best(history, SHOWN, allowed=lambda one: one not in known)
    return next((place for place, one in enumerate(best, start=1) if one.item == item), None)


def _found(places: Sequence[int | None]) -> NDArray[np.float64]:
    return np.array([place is not None for place in places], dtype=np.float64)


def _ndcg(places: Sequence[int | None]) -> float:
    return float(np.mean([0.0 if place is None else 1 / math.log2(place + 1) for place in places]))
