"""What the shop remembers of customers from call to call: only after their yes, and until they take it back."""

import re
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from agent.dialogue.domains.shop.accounts import Customer, signed_in
from agent.dialogue.domains.shop.tables import cases, interests, order_lines, orders, preferences, returns, slates
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording, wording

LONGEST_NAME = 40
_LEAD_IN = re.compile(r"^(?:(?:please|just|you can|call me|it'?s|i'?m|my name is|use)[,: ]+)+", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+){0,3}")
_NO_NAMES = frozenset({"yes", "no", "okay", "ok", "sure", "me", "please", "something else", "by my name"})


def recall(connection: Connection, call: ToolCall, today: date) -> ToolResult:
    """`known` or `known_with_case` for a customer who agreed to be remembered, `stranger` for all others."""
    customer = signed_in(connection, call)
    kept = _kept(connection, customer) if customer is not None else None
    if customer is None or kept is None:
        return ToolResult(outcome="stranger")
    values = {"customer_name": kept.name or customer.first_name}
    values |= {key: value for key, value in (("pace", kept.pace), ("language", kept.language)) if value}
    case = _open_case(connection, customer, wording(__package__, kept.language or call.language))
    if case is None:
        return ToolResult(outcome="known", values=values)
    return ToolResult(outcome="known_with_case", values=values | {"open_case": case})


def pace_options(connection: Connection, call: ToolCall, today: date) -> ToolResult:
    """`set`, or `set_and_remember` where that could be remembered and is not yet."""
    customer = signed_in(connection, call)
    kept = _kept(connection, customer) if customer is not None else None
    if customer is None or (kept is not None and kept.pace == call.arguments.get("pace")):
        return ToolResult(outcome="set")
    return ToolResult(outcome="set_and_remember")


def memory_options(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """`ready` with what would be remembered, `no_name` for words that are none, `nothing` where nothing was wished."""
    words = wording(__package__, call.language)
    name = _spoken_name(call.arguments["preferred_name"]) if "preferred_name" in call.arguments else None
    if "preferred_name" in call.arguments and name is None:
        return ToolResult(outcome="no_name")
    wished = _told({"name": name, "pace": call.arguments.get("pace"), "language": call.language}, words)
    values = {"wishes": words.listing([f"{label} {value}" for label, value in wished], "and")}
    return ToolResult(outcome="ready", values=values | ({"preferred_name": name} if name else {}), rows=tuple(wished))


def remember(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """Writes what was agreed to; what was remembered before stays where nothing new was said."""
    options = memory_options(connection, customer, call, today)
    if options.outcome != "ready":
        return options
    wishes = {"language": call.language, "agreed_on": today}
    if "pace" in call.arguments:
        wishes["pace"] = call.arguments["pace"]
    if "preferred_name" in options.values:
        wishes["name"] = options.values["preferred_name"]
    if _kept(connection, customer) is None:
        connection.execute(insert(preferences).values(customer_id=customer.id, **wishes))
    else:
        connection.execute(update(preferences).where(preferences.c.customer_id == customer.id).values(**wishes))
    return ToolResult(outcome="remembered", values=options.values)


def what_is_known(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """`known` with all that is remembered, or `nothing`."""
    words = wording(__package__, call.language)
    kept = _kept(connection, customer)
    seen = _looked_at(connection, customer)
    if kept is None and seen == 0:
        return ToolResult(outcome="nothing")
    wished = _told(kept._asdict(), words) if kept is not None else []
    told = [f"{label} {value}" for label, value in wished]
    if seen:
        wished.append((words.phrase("Looked at or asked about"), str(seen)))
        told.append(words.phrase("{count} things that you looked at or asked about", count=str(seen)))
    return ToolResult(outcome="known", values={"known": words.listing(told, "and")}, rows=tuple(wished))


def forget_options(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """`ready`, or `nothing`."""
    known = what_is_known(connection, customer, call, today)
    return ToolResult(outcome="ready", rows=known.rows) if known.outcome == "known" else known


def forget(connection: Connection, customer: Customer, call: ToolCall, today: date) -> ToolResult:
    """Takes away what was remembered, looked at and proposed. Orders and cases stay: the shop has to keep its books."""
    connection.execute(delete(preferences).where(preferences.c.customer_id == customer.id))
    connection.execute(delete(interests).where(interests.c.shopper == customer.id))
    connection.execute(delete(slates).where(slates.c.shopper == customer.id))
    return ToolResult(outcome="forgotten")


def _kept(connection: Connection, customer: Customer) -> Row[Any] | None:
    return connection.execute(select(preferences).where(preferences.c.customer_id == customer.id)).one_or_none()


def _looked_at(connection: Connection, customer: Customer) -> int:
    return len(connection.execute(select(interests.c.id).where(interests.c.shopper == customer.id)).all())


def _open_case(connection: Connection, customer: Customer, words: Wording) -> str | None:
    """The latest complaint or return of the customer that is not done with."""
    own_cases = select(cases.c.number).where(cases.c.customer_id == customer.id, cases.c.closed_on.is_(None))
    case = connection.scalar(own_cases.order_by(cases.c.number.desc()))
    if case is not None:
        return words.phrase("case {number}", number=f"K{case}")
    own_returns = (
        select(returns.c.number)
        .join_from(returns, order_lines)
        .join(orders)
        .where(orders.c.customer_id == customer.id, returns.c.received_on.is_(None))
    )
    number = connection.scalar(own_returns.order_by(returns.c.number.desc()))
    return None if number is None else words.phrase("return {number}", number=f"R{number}")


def _told(wishes: Any, words: Wording) -> list[tuple[str, str]]:
    """Label and value of each wish, for a card or to be said."""
    labels = {"name": "the name", "pace": "the pace", "language": "the language"}
    names = {"en": "English", "zh": "Chinese"}
    return [
        (words.phrase(label), words.phrase(names.get(wishes[key], wishes[key])))
        for key, label in labels.items()
        if wishes.get(key)
    ]


def _spoken_name(said: str) -> str | None:
    """ "Danny" for "just call me danny, please"; None for what is no name."""
    plain = _LEAD_IN.sub("", said.strip()).removesuffix("please").strip(" ,.!")
    if not _NAME.fullmatch(plain) or plain.lower() in _NO_NAMES or len(plain) > LONGEST_NAME:
        return None
    return plain if any(sign.isupper() for sign in plain) else plain.title()
