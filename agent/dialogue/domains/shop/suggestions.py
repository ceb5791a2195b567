"""What the shop recommends to a customer, with the reason in words, and how it learns from what is taken."""

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, literal, select, update

from agent.dialogue.bandit import LinUcb, choose, learn
from agent.dialogue.domains.shop.accounts import Customer, signed_in
from agent.dialogue.domains.shop.catalogue import Product, described, load_products, shelf
from agent.dialogue.domains.shop.tables import interests, order_lines, orders, preferences, slates
from agent.dialogue.recommend import Recommendation, Recommender, fit
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

STRENGTH = {"bought": 1.0, "asked": 0.6, "viewed": 0.4}
"""How much each deed says about what a customer wants."""
CANDIDATES, SHOWN = 6, 3
FEATURES = 5
"""Of a candidate: 1, affinity, rank, distance in price from the customer's usual, whether it was looked at before."""
PRIOR = (0.0, 0.5, 0.0, 0.0, 0.0)
"""Without experience the order of the recommender holds."""
TAKEN_WITHIN_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """What the shop has learnt from everybody, up to some day."""

    recommender: Recommender[int]
    ranking: LinUcb


def learn_taste(connection: Connection) -> Taste:
    goods = load_products(connection)
    histories = [{product: STRENGTH[how] for product, how in deeds.items()} for deeds in _deeds(connection).values()]
    recommender = fit(histories, [product.id for product in goods])
    proposed = [
        (json.loads(row.candidates)[row.chosen]["features"], row.taken)
        for row in connection.execute(select(slates).order_by(slates.c.id))
    ]
    features = np.array([features for features, _ in proposed]).reshape(-1, FEATURES)
    return Taste(recommender=recommender, ranking=learn(features, [taken for _, taken in proposed], PRIOR))


def recommend(connection: Connection, taste: Taste, call: ToolCall, today: date) -> ToolResult:
    """`recommended` with reasons, `popular` for somebody without a history, or `none` where all is sold out.

    A customer hears the same on the same day, however often they ask.
    """
    goods = {product.id: product for product in load_products(connection)}
    customer = signed_in(connection, call)
    deeds = _deeds(connection, customer.id).get(customer.id, {}) if customer else {}
    owned = {product for product, how in deeds.items() if how == "bought"}
    history = {product: STRENGTH[how] for product, how in deeds.items()}
    found = taste.recommender.best(
        history, CANDIDATES, allowed=lambda product: goods[product].stock > 0 and product not in owned
    )
    if not found:
        return ToolResult(outcome="none")
    candidates = _with_features(found, goods, deeds)
    dice = random.Random(f"{call.customer} {today.isoformat()}")
    choice = choose(taste.ranking.worth([one["features"] for one in candidates]), dice)
    first = found[choice.index]
    shown = [first, *(one for one in found if one is not first)][:SHOWN]
    words = wording(__package__, call.language)
    reasons = [_reason(one, goods, deeds, words) for one in shown]
    values = described(goods[first.item], words) | {
        "why": reasons[0],
        "slate": json.dumps({"candidates": candidates, "chosen": choice.index, "probability": choice.probability}),
    }
    sentences = [words.phrase("{reason}.", reason=f"{reason[0].upper()}{reason[1:]}") for reason in reasons]
    card = shelf([goods[one.item] for one in shown], words, sentences)
    return ToolResult(outcome="recommended" if history else "popular", values=values, card=card)


def note_slate(connection: Connection, call: ToolCall, today: date) -> ToolResult:
    """Keeps what was proposed, for learning: only of customers who agreed to be remembered."""
    customer = signed_in(connection, call)
    agreed = customer is not None and connection.scalar(
        select(preferences.c.customer_id).where(preferences.c.customer_id == customer.id)
    )
    if customer is not None and agreed:
        slate = json.loads(call.arguments["slate"])
        connection.execute(
            insert(slates).values(
                shopper=customer.id,
                product_id=slate["candidates"][slate["chosen"]]["product"],
                candidates=json.dumps(slate["candidates"]),
                chosen=slate["chosen"],
                probability=slate["probability"],
                shown_on=today,
                taken=0,
            )
        )
    return ToolResult(outcome="noted")


def note_taken(connection: Connection, customer: Customer, bought: Iterable[int], today: date) -> None:
    """Marks what was proposed to the customer lately and is among what they have `bought`."""
    lately = slates.c.shown_on >= today - timedelta(days=TAKEN_WITHIN_DAYS)
    own = (slates.c.shopper == customer.id) & slates.c.product_id.in_(list(bought))
    connection.execute(update(slates).where(own & lately).values(taken=1))


def _deeds(connection: Connection, only: int | None = None) -> dict[int, dict[int, str]]:
    """By shopper and product, the deed that says the most; of one shopper or of all."""
    bought = select(orders.c.customer_id, order_lines.c.product_id, literal("bought")).join_from(orders, order_lines)
    done = select(interests.c.shopper, interests.c.product_id, interests.c.how).order_by(interests.c.happened_on)
    if only is not None:
        bought, done = bought.where(orders.c.customer_id == only), done.where(interests.c.shopper == only)
    deeds: dict[int, dict[int, str]] = {}
    for shopper, product, how in (*connection.execute(bought), *connection.execute(done)):
        own = deeds.setdefault(shopper, {})
        own[product] = max(own.get(product, how), how, key=STRENGTH.__getitem__)
    return deeds


def _with_features(
    found: Sequence[Recommendation[int]], goods: Mapping[int, Product], deeds: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Each candidate's product and `FEATURES`, as they are kept."""
    best = max(max(one.score for one in found), 1e-9)
    usual = [goods[product].price_cents for product, how in deeds.items() if how == "bought"]
    listed = []
    for place, one in enumerate(found):
        gap = min(1.0, abs(math.log(goods[one.item].price_cents / median(usual)))) if usual else 0.5
        affinity = max(0.0, one.score / best)
        features = [1.0, affinity, 1.0 - place / len(found), gap, float(one.item in deeds)]
        listed.append({"product": one.item, "features": [round(value, 4) for value in features]})
    return listed


def _reason(one: Recommendation[int], goods: Mapping[int, Product], deeds: Mapping[int, str], words: Wording) -> str:
    if one.item in deeds:
        return words.phrase("you looked at it before")
    if one.because is None:
        return words.phrase("many customers take it")
    pattern = "many who have the {name} take it, too"
    if deeds[one.because] != "bought":
        pattern = "many who looked at the {name} take it, too"
    return words.phrase(pattern, name=words.phrase(goods[one.because].name))
