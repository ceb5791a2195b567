"""What the shop can look up and write, each in one transaction, and each the same when asked twice."""

import logging
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from agent.dialogue.business import in_transaction
from agent.dialogue.domains.shop.accounts import Customer, find_customer
from agent.dialogue.domains.shop.aftersales import (
    is_open,
    may_be_refunded,
    may_be_returned,
    open_return,
    order_status,
    refund_options,
    request_refund,
    return_options,
)
from agent.dialogue.domains.shop.catalogue import advise, search_products
from agent.dialogue.domains.shop.changes import (
    cancel_options,
    cancel_order,
    change_options,
    change_order,
    may_be_changed,
)
from agent.dialogue.domains.shop.complaints import complaint_options, open_case
from agent.dialogue.domains.shop.database import open_database
from agent.dialogue.domains.shop.memory import (
    forget,
    forget_options,
    memory_options,
    pace_options,
    recall,
    remember,
    what_is_known,
)
from agent.dialogue.domains.shop.orders import Order, Suits, find_order
from agent.dialogue.domains.shop.purchases import place_order, quote_order, quote_with_basket
from agent.dialogue.domains.shop.suggestions import Taste, learn_taste, note_slate, recommend
from agent.dialogue.glossary import explain_term, load_glossary
from agent.dialogue.tools import FAILED, ToolCall, ToolResult

log = logging.getLogger(__name__)

FOR_AN_ORDER: Mapping[str, tuple[Suits, Callable[[Connection, Order, ToolCall, date], ToolResult]]] = {
    "order_status": (is_open, order_status),
    "return_options": (may_be_returned, return_options),
    "open_return": (may_be_returned, open_return),
    "refund_options": (may_be_refunded, refund_options),
    "request_refund": (may_be_refunded, request_refund),
    "cancel_options": (may_be_changed, cancel_options),
    "cancel_order": (may_be_changed, cancel_order),
    "change_options": (may_be_changed, change_options),
    "change_order": (may_be_changed, change_order),
}
"""Tools that see one order, which is the caller's own: that is checked in the same transaction, at every call."""
FOR_A_CUSTOMER: Mapping[str, Callable[[Connection, Customer, ToolCall, date], ToolResult]] = {
    "quote_order": quote_order,
    "quote_with_basket": quote_with_basket,
    "place_order": place_order,
    "memory_options": memory_options,
    "remember": remember,
    "what_is_known": what_is_known,
    "forget_options": forget_options,
    "forget": forget,
}
"""Tools for somebody who is signed in."""
FOR_ANYBODY: Mapping[str, Callable[[Connection, ToolCall, date], ToolResult]] = {
    "search_products": search_products,
    "advise": advise,
    "complaint_options": complaint_options,
    "open_case": open_case,
    "recall": recall,
    "pace_options": pace_options,
    "note_slate": note_slate,
}


class ShopTools:
    """The tools of `FOR_AN_ORDER`, `FOR_A_CUSTOMER` and `FOR_ANYBODY` on one database, and the glossary."""

    def __init__(self, database: Path, *, today: Callable[[], date] = date.today) -> None:
        """`today` says which day it is in the shop. Raises `StoreError` when the file cannot be used."""
        self._today = today
        self._engine = open_database(database, today=today())
        self._taste: Taste | None = None
        self._learnt_on = date.min

    def run(self, call: ToolCall) -> ToolResult:
        """One tool in one transaction. `failed` when the tool is unknown or the database does not answer."""
        if call.name == "explain_term":
            return explain_term(load_glossary(__package__, call.language), call)
        return in_transaction(self._engine, call, lambda connection: self._answer(connection, call))

    def close(self) -> None:
        self._engine.dispose()

    def _answer(self, connection: Connection, call: ToolCall) -> ToolResult:
        today = self._today()
        if call.name == "recommend":
            return recommend(connection, self._taste_of(connection, today), call, today)
        if call.name in FOR_AN_ORDER:
            suits, tool = FOR_AN_ORDER[call.name]
            order = find_order(connection, call, today, suits)
            return order if isinstance(order, ToolResult) else tool(connection, order, call, today)
        if call.name == "forget":
            self._taste = None
        if call.name in FOR_A_CUSTOMER:
            who = find_customer(connection, call)
            return who if isinstance(who, ToolResult) else FOR_A_CUSTOMER[call.name](connection, who, call, today)
        if call.name in FOR_ANYBODY:
            return FOR_ANYBODY[call.name](connection, call, today)
        log.error("the shop has no tool %s", call.name)
        return FAILED

    def _taste_of(self, connection: Connection, today: date) -> Taste:
        """Learnt once a day, and anew after somebody asked to be forgotten."""
        if self._taste is None or self._learnt_on != today:
            self._taste, self._learnt_on = learn_taste(connection), today
        return self._taste
