"""Who may use which of the bank's tools."""

from datetime import date

from sqlalchemy import Connection

from agent.dialogue.domains.bank.tables import customers
from agent.dialogue.identity import proven
from agent.dialogue.tools import ToolCall, ToolResult


def identified(connection: Connection, call: ToolCall, today: date) -> int | ToolResult:
    """The customer whose number and date of birth the call names, or the outcome that refuses it."""
    return proven(connection, customers, call, today, number="customer_number")


def recognised(connection: Connection, call: ToolCall, today: date) -> int | ToolResult:
    """As `identified`, but a surname will do: enough to block a card, which shows nothing and does no lasting harm."""
    by_name = "birth_date" not in call.arguments
    return proven(connection, customers, call, today, number="customer_number", by_name=by_name)
