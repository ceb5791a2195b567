"""What the shop sells: found by what customers call it, searched, and compared for what they need."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import Connection, select

from agent.core.cards import CardAction, CardContent, CardItem, CardTable
from agent.dialogue.domains.shop.tables import product_uses, products
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

SPOKEN_AT_ONCE = 3
"""More than this nobody keeps in mind; the card has them all."""
COMPARED = 3
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_COMMON = frozenset("the a an of for with please one i d take like would want it s that this and or my".split())
_NO_LIMIT = frozenset({"any", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    id: int
    name: str
    kind: str
    price_cents: int
    stock: int
    about: str
    uses: tuple[str, ...]


def load_products(connection: Connection) -> tuple[Product, ...]:
    """Everything on sale, by number."""
    uses: dict[int, list[str]] = {}
    for row in connection.execute(select(product_uses)):
        uses.setdefault(row.product_id, []).append(row.use)
    return tuple(
        Product(
            id=row.id,
            name=row.name,
            kind=row.kind,
            price_cents=row.price_cents,
            stock=row.stock,
            about=row.about,
            uses=tuple(uses.get(row.id, ())),
        )
        for row in connection.execute(select(products).order_by(products.c.id))
    )


def named_products(goods: Sequence[Product], said: str) -> list[Product]:
    """The one whose name `said` is, all of the kind that it is, or those whose names share the most words with it."""
    wanted = said.strip().lower()
    exact = [product for product in goods if product.name == wanted]
    of_kind = [product for product in goods if product.kind == wanted]
    if exact or of_kind:
        return exact or of_kind
    words = content_words(wanted)
    shared = [len(words & content_words(product.name)) for product in goods]
    most = max(shared, default=0)
    return [product for product, count in zip(goods, shared, strict=True) if count == most] if most else []


def chosen_model(offered: Sequence[Product], said: str) -> Product | None:
    """Which of those that were read out `said` means: by name, by place, or by price."""
    words = set(re.findall(r"[a-z]+", said.lower()))
    place = next((_ORDINALS[word] for word in words if word in _ORDINALS), None)
    if place is not None and place < len(offered):
        return offered[place]
    if words & {"cheapest", "cheaper"}:
        return min(offered, key=lambda product: product.price_cents)
    if words & {"best", "dearest", "expensive"}:
        return max(offered, key=lambda product: product.price_cents)
    fits = named_products(offered, said)
    return fits[0] if len(fits) == 1 else None


def content_words(text: str) -> set[str]:
    """Words that tell goods apart, in the singular."""
    return {word.removesuffix("s") for word in re.findall(r"[a-z]+", text.lower())} - _COMMON


def search_products(connection: Connection, call: ToolCall, today: date) -> ToolResult:
    """`found`, `found_one`, `sold_out`, `too_dear` with the cheapest, `not_sold`; `which_kind` where none is named."""
    words = wording(__package__, call.language)
    goods = load_products(connection)
    said, limit = call.arguments.get("product", ""), budget_cents(call)
    wishes = content_words(call.arguments.get("wish", ""))
    if not said and not wishes and limit is None:
        return ToolResult(outcome="which_kind", values={"kinds": kinds_offered(goods, words)})
    fits = named_products(goods, said) if said else list(goods)
    fits = [product for product in fits if _met(product, wishes)] or fits
    if not fits:
        return not_sold(goods, said, words)
    within = [product for product in by_price(fits) if limit is None or product.price_cents <= limit]
    if not within:
        cheapest = by_price(fits)[0]
        values = {"product": cheapest.name, "option": priced(cheapest, words)}
        return ToolResult(outcome="too_dear", values=values, card=shelf([cheapest], words))
    if len(within) == 1:
        outcome = "found_one" if within[0].stock else "sold_out"
        return ToolResult(outcome=outcome, values=described(within[0], words), card=shelf(within, words))
    named = [priced(product, words) for product in within[:SPOKEN_AT_ONCE]]
    values = {"options": words.listing(named, "and")} | ({"product": said} if said else {})
    return ToolResult(outcome="found", values=values, card=shelf(within, words))


def advise(connection: Connection, call: ToolCall, today: date) -> ToolResult:
    """`advice`: the best of a kind for a use and a budget beside its rivals, once `which_kind`, `what_for` and `budget`
    are known; `advice_over_budget` where nothing is cheap enough; `not_sold`."""
    words = wording(__package__, call.language)
    goods = load_products(connection)
    said = call.arguments.get("product", "")
    fits = [product for product in named_products(goods, said) if product.stock > 0] if said else []
    if not said:
        return ToolResult(outcome="which_kind", values={"kinds": kinds_offered(goods, words)})
    if not fits:
        return not_sold(goods, said, words)
    rivals = [product for product in goods if product.kind == fits[0].kind and product.stock > 0]
    uses = list(dict.fromkeys(use for product in rivals for use in product.uses))
    if len(rivals) > 1 and "wish" not in call.arguments:
        return ToolResult(outcome="what_for", values={"uses": words.listing([words.phrase(use) for use in uses], "or")})
    if len(rivals) > 1 and "budget" not in call.arguments:
        return ToolResult(outcome="budget", values={"kind": words.phrase(rivals[0].kind)})
    return _advice(rivals, call, words)


def _advice(rivals: Sequence[Product], call: ToolCall, words: Wording) -> ToolResult:
    limit = budget_cents(call)
    wishes = content_words(call.arguments.get("wish", ""))
    ranked = sorted(rivals, key=lambda product: (-len(_met(product, wishes)), product.price_cents))
    within = [product for product in ranked if limit is None or product.price_cents <= limit]
    best = within[0] if within else min(rivals, key=lambda product: product.price_cents)
    compared = [best, *(product for product in ranked if product is not best)][:COMPARED]
    met = _met(best, wishes)
    why = words.phrase("made for {uses}", uses=words.listing([words.phrase(use) for use in met], "and")) if met else ""
    values = described(best, words) | {"why": why or words.phrase("the best price for what you told me")}
    outcome = "advice" if within else "advice_over_budget"
    return ToolResult(outcome=outcome, values=values, card=_comparison(compared, words))


def _met(product: Product, wishes: set[str]) -> list[str]:
    """The uses of a product that are among the wishes."""
    return [use for use in product.uses if content_words(use) & wishes]


def _comparison(compared: Sequence[Product], words: Wording) -> CardContent:
    rows = (
        (words.phrase("Price"), *(words.money(product.price_cents) for product in compared)),
        (words.phrase("Good for"), *(", ".join(words.phrase(use) for use in product.uses) for product in compared)),
        (words.phrase("About"), *(words.phrase(product.about) for product in compared)),
        (words.phrase("In stock"), *(str(product.stock) for product in compared)),
    )
    columns = ("", *(words.phrase(product.name) for product in compared))
    return CardContent(table=CardTable(columns=columns, rows=rows))


def shelf(goods: Iterable[Product], words: Wording, reasons: Sequence[str] = ()) -> CardContent:
    """Goods with price, a sentence or the reason why they are here, and a button that orders them."""
    goods = list(goods)
    texts = list(reasons) or [words.phrase(product.about) for product in goods]
    items = tuple(
        CardItem(
            title=words.phrase(product.name),
            value=words.money(product.price_cents),
            text=text if product.stock else f"{text} {words.phrase('Sold out at the moment.')}",
            actions=_order_button(product, words) if product.stock else (),
        )
        for product, text in zip(goods, texts, strict=True)
    )
    return CardContent(items=items)


def _order_button(product: Product, words: Wording) -> tuple[CardAction, ...]:
    say = words.phrase("I'd like to order the {product}", product=words.phrase(product.name))
    return (CardAction(label=words.phrase("Order it"), say=say),)


def described(product: Product, words: Wording) -> dict[str, str]:
    """What lines can say of one product."""
    return {
        "product": product.name,
        "name": words.phrase(product.name),
        "price": words.money(product.price_cents),
        "about": words.phrase(product.about),
    }


def priced(product: Product, words: Wording) -> str:
    return words.phrase(
        "the {name} at {price}", name=words.phrase(product.name), price=words.money(product.price_cents)
    )


def not_sold(goods: Sequence[Product], said: str, words: Wording) -> ToolResult:
    values = {"wanted": words.phrase(said), "kinds": kinds_offered(goods, words)}
    return ToolResult(outcome="not_sold", values=values)


def kinds_offered(goods: Sequence[Product], words: Wording) -> str:
    """A few kinds, those with the most to choose from first."""
    kinds = list(dict.fromkeys(product.kind for product in goods))
    kinds.sort(key=lambda kind: -sum(product.kind == kind for product in goods))
    return words.listing([words.phrase(f"{kind.removesuffix('s')}s") for kind in kinds[:SPOKEN_AT_ONCE]], "and")


def by_price(goods: Iterable[Product]) -> list[Product]:
    return sorted(goods, key=lambda product: (product.price_cents, product.id))


def budget_cents(call: ToolCall) -> int | None:
    """The most that the customer wants to pay; None where they named no limit."""
    said = call.arguments.get("budget", "")
    try:
        limit = Decimal(said)
    except InvalidOperation:
        return None
    return None if said in _NO_LIMIT or not limit.is_finite() or limit <= 0 else int(limit * 100)
