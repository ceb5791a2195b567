"""What the bank can look up and write, each in one transaction, and each the same when asked twice."""

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from agent.dialogue.business import in_transaction
from agent.dialogue.domains.bank.advice import affordability, loan_plan
from agent.dialogue.domains.bank.cards import block_card, card_to_block
from agent.dialogue.domains.bank.database import open_database
from agent.dialogue.domains.bank.disputes import dispute_options, open_dispute
from agent.dialogue.domains.bank.identity import identified, recognised
from agent.dialogue.domains.bank.statements import balances, recent_payments
from agent.dialogue.glossary import explain_term, load_glossary
from agent.dialogue.tools import FAILED, ToolCall, ToolResult

log = logging.getLogger(__name__)

Check = Callable[[Connection, ToolCall, date], int | ToolResult]
CustomerTool = Callable[[Connection, int, ToolCall, date], ToolResult]

FOR_A_CUSTOMER: dict[str, tuple[Check, CustomerTool]] = {
    "balances": (identified, balances),
    "recent_payments": (identified, recent_payments),
    "dispute_options": (identified, dispute_options),
    "open_dispute": (identified, open_dispute),
    "card_to_block": (recognised, card_to_block),
    "block_card": (recognised, block_card),
}
"""Who may use a tool, and the tool. The check is made in the transaction of the tool, at every call."""
FOR_ANYBODY: dict[str, Callable[[ToolCall], ToolResult]] = {
    "loan_plan": loan_plan,
    "affordability": affordability,
    "explain_term": lambda call: explain_term(load_glossary(__package__, call.language), call),
}


class BankTools:
    """The tools of `FOR_A_CUSTOMER` and `FOR_ANYBODY` on one database."""

    def __init__(self, database: Path, *, today: Callable[[], date] = date.today) -> None:
        """`today` says which day it is in the bank. Raises `StoreError` when the file cannot be used."""
        self._today = today
        self._engine = open_database(database, today=today())

    def run(self, call: ToolCall) -> ToolResult:
        """One tool in one transaction. `failed` when the tool is unknown or the database does not answer."""
        if call.name in FOR_ANYBODY:
            return FOR_ANYBODY[call.name](call)
        if call.name not in FOR_A_CUSTOMER:
            log.error("the bank has no tool %s", call.name)
            return FAILED
        check, tool = FOR_A_CUSTOMER[call.name]
        today = self._today()

        def run(connection: Connection) -> ToolResult:
            who = check(connection, call, today)
            return who if isinstance(who, ToolResult) else tool(connection, who, call, today)

        return in_transaction(self._engine, call, run)

    def close(self) -> None:
        self._engine.dispose()
