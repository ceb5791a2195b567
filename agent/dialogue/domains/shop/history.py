"""Makes up what the shop's earlier customers bought and looked at, as no real shop lent its books.

Shoppers have one or two of a few tastes; each taste likes some kinds of goods more than others, and everybody sometimes
takes what is popular or nothing in particular. What a taste likes is written here by hand and is not told to whatever
learns from the history.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FIRST_ANONYMOUS = 1001
TASTES: Mapping[str, Mapping[str, float]] = {
    "kitchen": {"kettle": 3, "toaster": 3, "coffee machine": 3, "blender": 3},
    "desk": {"lamp": 3, "keyboard": 4, "mouse": 4, "chair": 2, "headphones": 1},
    "trail": {"backpack": 3, "jacket": 3, "tent": 3, "sleeping bag": 3, "bottle": 3},
    "sound": {"headphones": 4, "speaker": 4},
    "home": {"lamp": 3, "blanket": 4, "kettle": 1, "speaker": 1},
}
BY_TASTE_PROB = 0.75
"""The rest of what a shopper does follows popularity alone."""
VIEWED_PROB, ASKED_PROB = 0.45, 0.1
MOST_EVENTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    shopper: int
    product: int
    how: str
    days_ago: int


def made_history(kinds: Sequence[str], *, shoppers: int, seed: int) -> list[Event]:
    """Events of `shoppers` people over a year, oldest first by shopper; products count from 1 in the order of `kinds`.
    The same seed gives the same events. Nobody buys a thing twice."""
    dice = random.Random(seed)
    fame = [1.0 / (1 + rank) ** 0.5 for rank in range(len(kinds))]
    dice.shuffle(fame)
    events = []
    for shopper in range(FIRST_ANONYMOUS, FIRST_ANONYMOUS + shoppers):
        tastes = dice.sample(sorted(TASTES), dice.choice((1, 1, 2)))
        liked = [fame[n] * sum(TASTES[taste].get(kind, 0.05) for taste in tastes) for n, kind in enumerate(kinds)]
        days = sorted((dice.randrange(1, 365) for _ in range(dice.randint(2, MOST_EVENTS))), reverse=True)
        bought: set[int] = set()
        for day in days:
            weights = liked if dice.random() < BY_TASTE_PROB else fame
            product = dice.choices(range(len(kinds)), weights)[0]
            roll = dice.random()
            how = "viewed" if roll < VIEWED_PROB else "asked" if roll < VIEWED_PROB + ASKED_PROB else "bought"
            if product in bought:
                continue
            bought |= {product} if how == "bought" else set()
            events.append(Event(shopper=shopper, product=product + 1, how=how, days_ago=day))
    return events
