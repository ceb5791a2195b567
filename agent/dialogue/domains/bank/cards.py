"""Blocks a card at once; only a person lifts a block."""

from datetime import date

from sqlalchemy import Connection, insert, select

from agent.core.cards import CardContent
from agent.dialogue.domains.bank.tables import card_blocks, cards
from agent.dialogue.tools import ToolCall, ToolResult


def card_to_block(connection: Connection, customer: int, call: ToolCall, today: date) -> ToolResult:
    """`ready` with the card's kind, `choose` between several, `already`, or `no_such_card`. Never a digit of a card."""
    found = (
        select(cards.c.id, cards.c.kind, card_blocks.c.number.label("block"))
        .select_from(cards.outerjoin(card_blocks))
        .where(cards.c.customer_id == customer)
        .order_by(cards.c.id)
    )
    wanted = call.arguments.get("card")
    fits = [row for row in connection.execute(found) if wanted in (None, row.kind)]
    if not fits:
        return ToolResult(outcome="no_such_card", values={"kind": wanted or ""})
    if len(fits) > 1:
        return ToolResult(outcome="choose")
    values = {"card": fits[0].kind}
    if fits[0].block is not None:
        return _receipt("already", fits[0].kind, fits[0].block)
    return ToolResult(outcome="ready", values=values, rows=(("Card", f"{fits[0].kind} card"), ("Block it", "at once")))


def block_card(connection: Connection, customer: int, call: ToolCall, today: date) -> ToolResult:
    options = card_to_block(connection, customer, call, today)
    if options.outcome != "ready":
        return options
    kind = options.values["card"]
    card = connection.scalar(select(cards.c.id).where(cards.c.customer_id == customer, cards.c.kind == kind))
    written = connection.execute(insert(card_blocks).values(card_id=card, blocked_on=today))
    assert written.inserted_primary_key is not None
    return _receipt("blocked", kind, written.inserted_primary_key[0])


def _receipt(outcome: str, kind: str, number: int) -> ToolResult:
    values = {"card": kind, "reference": f"B{number}"}
    card = CardContent(reference=values["reference"])
    return ToolResult(outcome=outcome, values=values, rows=(("Card", f"{kind} card"),), card=card)
