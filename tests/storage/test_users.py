"""Accounts and sessions of staff, on each database: names are one, secrets are sealed, and nothing is used twice."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.errors import AccountError, StoreError
from agent.core.identity import Role
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.schema import open_engine, upgrade
from agent.storage.staff_sessions import StaffSessions
from agent.storage.users import Users

KEY = bytes(range(32))


@pytest.fixture
async def users(storage: StorageSettings, clock: FakeClock) -> AsyncIterator[Users]:
    await asyncio.to_thread(upgrade, storage.url)
    engine = open_engine(storage.url)
    yield Users(engine, clock, totp_key=KEY)
    await engine.dispose()


@pytest.fixture
def sessions(users: Users) -> StaffSessions:
    return StaffSessions(users._engine)


async def test_an_account_is_found_under_its_name_in_any_case(users: Users, clock: FakeClock) -> None:
    """There is one of a name; a second, or a name that is none, is refused in words."""
    assert not await users.any()
    made = await users.add("Ada", Role.SUPERVISOR, "hash")
    assert made == await users.find("ADA")
    assert (made.name, made.role, made.created_at) == ("ada", Role.SUPERVISOR, clock.wall_ns() / NS_PER_S)
    assert await users.any() and await users.find("bob") is None
    with pytest.raises(AccountError, match="already"):
        await users.add("aDa", Role.ADMIN, "hash")
    for name in ("", " ada2", "a\nb", "n" * 65):
        with pytest.raises(AccountError, match="is no name"):
            await users.add(name, Role.ADMIN, "hash")
    assert [account.name for account in await users.all()] == ["ada"]


async def test_a_second_factor_is_sealed_and_each_code_is_taken_once(users: Users) -> None:
    """The database holds no secret in clear; of however many at once who show one code, one is let in."""
    account = await users.add("ada", Role.ADMIN, "hash")
    await users.set_second_factor(account, "JBSWY3DPEHPK3PXP", ("one", "two"))
    async with users._engine.connect() as connection:
        kept = (await connection.execute(select(tables.users.c.totp_secret))).scalar_one()
    assert b"JBSWY3DP" not in kept
    account = await users.of("ada")
    assert (account.totp_secret, account.recovery_codes) == ("JBSWY3DPEHPK3PXP", ("one", "two"))
    assert sorted(await asyncio.gather(*(users.accept_step(account, 7) for _ in range(4)))) == [False] * 3 + [True]
    assert not await users.accept_step(account, 6) and await users.accept_step(account, 8)
    assert sorted(await asyncio.gather(*(users.spend_recovery_code(account, "one") for _ in range(3)))) == [
        False,
        False,
        True,
    ]
    assert (await users.of("ada")).recovery_codes == ("two",)
    with pytest.raises(StoreError, match="another key"):
        await Users(users._engine, users._clock, totp_key=bytes(32)).find("ada")


async def test_whoever_is_vouched_for_elsewhere_gets_an_account_but_nobody_elses(
    users: Users, sessions: StaffSessions
) -> None:
    """It is made once, follows the role that is told, and is never one with a password or a disabled one."""
    made = await users.outside("ada@example.com", Role.SUPERVISOR)
    assert made.password_hash is None
    assert (await sessions.begin(made, token_hash="t", now=10.0, expires_at=20.0)).way == "oidc"
    assert (await users.outside("ada@example.com", Role.ADMIN)).role is Role.ADMIN
    assert len(await users.all()) == 1
    await users.disable(made)
    with pytest.raises(AccountError, match="disabled"):
        await users.outside("ada@example.com", Role.ADMIN)
    await users.add("bob", Role.ADMIN, "hash")
    with pytest.raises(AccountError, match="password"):
        await users.outside("bob", Role.ADMIN)


async def test_what_happens_to_an_account_happens_to_its_sessions(users: Users, sessions: StaffSessions) -> None:
    """A new role holds at once; a disabled account, or one with a new password, is signed out everywhere."""
    account = await users.add("ada", Role.SUPERVISOR, "hash")
    await sessions.begin(account, token_hash="t1", now=10.0, expires_at=20.0)
    await users.set_role(account, Role.ENGINEER)
    found = await sessions.by_token("t1")
    assert found is not None and (found.name, found.role, found.way) == ("ada", Role.ENGINEER, "password")
    await users.disable(account)
    assert await sessions.by_token("t1") is None
    with pytest.raises(StoreError, match="disabled"):
        await sessions.begin(account, token_hash="t2", now=10.0, expires_at=20.0)
    await users.set_password(account, "new")
    await sessions.begin(account, token_hash="t3", now=10.0, expires_at=20.0)
    await users.set_password(account, "newer")
    assert await sessions.by_token("t3") is None


async def test_a_token_is_changed_once_and_the_one_before_is_still_known(users: Users, sessions: StaffSessions) -> None:
    """Two tabs ask at the same time: one gets a new token, and what the other has stays good for the moment."""
    account = await users.add("ada", Role.SUPERVISOR, "hash")
    session = await sessions.begin(account, token_hash="old", now=10.0, expires_at=20.0)
    assert await sessions.rotate(session, token_hash="new", now=12.0)
    assert not await sessions.rotate(session, token_hash="newer", now=12.0)
    for token in ("old", "new"):
        found = await sessions.by_token(token)
        assert found is not None and (found.id, found.token_hash, found.rotated_at) == (session.id, "new", 12.0)
    await sessions.seen(session.id, now=15.0)
    again = await sessions.by_id(session.id)
    assert again is not None and again.seen_at == 15.0
    await sessions.end(session.id)
    assert await sessions.by_id(session.id) is None


async def test_the_printed_link_is_good_until_there_is_an_account(users: Users, sessions: StaffSessions) -> None:
    """Whoever came by it may everything; from the first account on, nothing."""
    begun = await sessions.begin(None, token_hash="t", now=10.0, expires_at=20.0)
    assert (begun.name, begun.role, begun.way) == (None, Role.ADMIN, "link")
    await users.add("ada", Role.SUPERVISOR, "hash")
    assert await sessions.by_id(begun.id) is None
