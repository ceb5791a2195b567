"""How the HTTP side has it written down who did what."""

from collections.abc import Awaitable, Callable

Record = Callable[[str, str, str], Awaitable[object]]
"""Writes down who did what to whom, or on which call. Raises `StoreError` when it cannot: then it must not happen."""


async def nothing_recorded(actor: str, action: str, subject: str) -> None:
    """For an application that stands alone."""
