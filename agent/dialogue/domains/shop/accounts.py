"""Finds the customer who calls: somebody who is signed in, as far as the shop knows them."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from agent.dialogue.domains.shop.tables import customers
from agent.dialogue.tools import ToolCall, ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    id: int
    pseudonym: str
    first_name: str
    address: str


def signed_in(connection: Connection, call: ToolCall) -> Customer | None:
    found = connection.execute(select(customers).where(customers.c.pseudonym == call.customer)).one_or_none()
    if found is None:
        return None
    return Customer(id=found.id, pseudonym=found.pseudonym, first_name=found.first_name, address=found.address)


def find_customer(connection: Connection, call: ToolCall) -> Customer | ToolResult:
    """The customer, or `sign_in` for somebody whom the shop does not know: what is bought goes to an account."""
    return signed_in(connection, call) or ToolResult(outcome="sign_in")
