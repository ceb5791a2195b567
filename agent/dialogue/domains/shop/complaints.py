"""Takes complaints down as cases with a number; one about harm or the law calls a person at once."""

from datetime import date

from sqlalchemy import Connection, and_, false, insert, or_, select

from agent.core.cards import CardContent
from agent.dialogue.business import next_number
from agent.dialogue.domains.shop.accounts import signed_in
from agent.dialogue.domains.shop.tables import cases
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import wording

FIRST_CASE = 3001
LONGEST_GRIEVANCE = 1_000
ANSWERED_WITHIN_DAYS = 3


def complaint_options(connection: Connection, call: ToolCall, today: date) -> ToolResult:
    """`ready` once the customer has said what is wrong, else `what_happened`; both as `serious` where somebody was hurt
    or might be, or where the law was named."""
    words = wording(__package__, call.language)
    serious = "harm" in call.arguments
    grievance = call.arguments.get("grievance", "").strip()
    if not grievance:
        return ToolResult(outcome="what_happened_serious" if serious else "what_happened")
    rows = ((words.phrase("Your complaint"), grievance[:LONGEST_GRIEVANCE]),)
    return ToolResult(outcome="ready_serious" if serious else "ready", values={"grievance": grievance}, rows=rows)


def open_case(connection: Connection, call: ToolCall, today: date) -> ToolResult:
    """Writes the case. The same request, or the same words of the same customer in an open case, is the same case."""
    options = complaint_options(connection, call, today)
    if not options.outcome.startswith("ready"):
        return options
    customer = signed_in(connection, call)
    owner = customer.id if customer else None
    key = f"{call.customer} {call.key}" if call.key else None
    grievance = options.values["grievance"][:LONGEST_GRIEVANCE]
    number = _known_case(connection, owner, grievance, key) or _write(connection, owner, grievance, call, today, key)
    words = wording(__package__, call.language)
    rows = ((words.phrase("Case"), f"K{number}"), (words.phrase("Your complaint"), grievance))
    values = {"case": f"K{number}", "days": str(ANSWERED_WITHIN_DAYS)}
    return ToolResult(outcome="opened", values=values, rows=rows, card=CardContent(reference=f"K{number}"))


def _known_case(connection: Connection, owner: int | None, grievance: str, key: str | None) -> int | None:
    same_request = false() if key is None else cases.c.request_key == key
    same_words = and_(cases.c.customer_id == owner, cases.c.grievance == grievance, cases.c.closed_on.is_(None))
    known = or_(same_request, false() if owner is None else same_words)
    return connection.scalar(select(cases.c.number).where(known))


def _write(
    connection: Connection, owner: int | None, grievance: str, call: ToolCall, today: date, key: str | None
) -> int:
    number = next_number(connection, cases.c.number, FIRST_CASE)
    case = {
        "number": number,
        "customer_id": owner,
        "grievance": grievance,
        "serious": int("harm" in call.arguments),
        "opened_on": today,
        "request_key": key,
    }
    connection.execute(insert(cases).values(case))
    return number
