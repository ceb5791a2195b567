"""Staff who can sign in: real accounts and sessions in a database of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.app.staff import StaffDoor, opened_staff_door, opened_users
from agent.core.clock import Clock
from agent.core.identity import Account, Role
from agent.core.settings import Settings, StorageSettings
from agent.storage.users import Users
from agent.transport.passwords import hash_password

PASSWORD = "four words of tests"
_HASH = hash_password(PASSWORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestStaff:
    """Accounts, and the way in."""

    __test__ = False

    door: StaffDoor
    users: Users
    records: list[tuple[str, str, str]] = field(default_factory=list)
    """What was to be written down: who, what, whom."""

    async def add(self, name: str, role: Role) -> Account:
        """An account with `PASSWORD`."""
        return await self.users.add(name, role, _HASH)


@asynccontextmanager
async def opened_test_staff(folder: Path, clock: Clock) -> AsyncIterator[TestStaff]:
    """As an agent has them whose archive is in `folder`."""
    settings = Settings(storage=StorageSettings(url=f"sqlite+aiosqlite:///{folder / 'staff.sqlite3'}"))
    records: list[tuple[str, str, str]] = []

    async def record(actor: str, action: str, subject: str = "") -> None:
        records.append((actor, action, subject))

    async with opened_users(settings) as users, opened_staff_door(settings, clock, record) as door:
        yield TestStaff(door=door, users=users, records=records)
