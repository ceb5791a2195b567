"""Staff sign in: password and second factor, or the link that `agent serve` prints while there is no account."""

import asyncio
import hmac
import secrets
from typing import Protocol

from agent.core.addresses import household_of, parsed_address
from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import AccountError, SignInRefused, StoreError
from agent.core.identity import Account, Role
from agent.transport.attempts import Attempts
from agent.transport.passwords import LONGEST, hash_password, is_password
from agent.transport.record import Record
from agent.transport.sessions import Opened, Sessions
from agent.transport.totp import recovery_digest, step_of

FREE_BY_NAME = 5
FREE_BY_ADDRESS = 30
"""An office behind one address mistypes more."""
MOST_AT_ONCE = 8
"""Sign-ins that may wait for their turn; each costs some 30 ms of a core that calls need as well."""

WRONG = "name, password or code is not right"


class AccountStore(Protocol):
    """Where accounts are kept. Each may raise `StoreError`."""

    async def any(self) -> bool:
        """Whether there is an account that is not disabled."""
        ...

    async def find(self, name: str) -> Account | None: ...

    async def outside(self, name: str, role: Role) -> Account: ...

    async def accept_step(self, account: Account, step: int) -> bool:
        """False for a step that is not later than the last one that was accepted."""
        ...

    async def spend_recovery_code(self, account: Account, digest: str) -> bool:
        """False for a code that is not there, or no longer."""
        ...


class SignIn:
    """Looks at what somebody shows, at a pace that guessing cannot live with.

    Names that there are and names that there are not take as long, wait as long and are told the same.
    """

    def __init__(
        self, accounts: AccountStore, sessions: Sessions, clock: Clock, *, record: Record, link: str | None = None
    ) -> None:
        """`link` is the secret of the printed link, if one is printed."""
        self.sessions = sessions
        self._accounts = accounts
        self._clock = clock
        self._record = record
        self._link = link
        self._by_name = Attempts(clock, free=FREE_BY_NAME)
        self._by_address = Attempts(clock, free=FREE_BY_ADDRESS)
        self._nobody = hash_password(secrets.token_urlsafe())
        self._one_at_a_time = asyncio.Lock()
        self._in_line = 0

    async def ways(self) -> list[str]:
        """How somebody can sign in now: by `password`, or by `link`."""
        return ["password"] if self._link is None or await self._accounts.any() else ["link"]

    async def by_password(self, name: str, password: str, code: str | None, *, address: str) -> Opened:
        """Raises `SignInRefused`, and `StoreError` when accounts cannot be looked up or nothing can be written down."""
        who, where = name.casefold(), _network(address)
        _require_no_wait(max(self._by_name.wait_s(who), self._by_address.wait_s(where)))
        if self._in_line >= MOST_AT_ONCE:
            raise SignInRefused("many sign in at this moment; try again", retry_after_s=2)
        self._by_name.begin(who)
        self._by_address.begin(where)
        try:
            account = await self._accounts.find(who)
        except StoreError:
            # Nothing could be guessed at, so nobody is to wait for it once accounts can be looked up again.
            self._by_name.take_back(who)
            self._by_address.take_back(where)
            raise
        if not await self._is_password(account, password) or account is None:
            raise await self._refused(who, account)
        if account.totp_secret is not None and not code:
            self._by_name.take_back(who)
            self._by_address.take_back(where)
            raise SignInRefused("now the code of your second factor", code_wanted=True)
        if code and account.totp_secret is not None and not await self._is_code(account, code):
            raise await self._refused(who, account)
        self._by_name.succeeded(who)
        self._by_address.take_back(where)
        return await self._opened(account)

    async def by_link(self, link: str, *, address: str) -> Opened:
        """The secret of the printed link opens a session while there is no account. Raises like `by_password`."""
        where = _network(address)
        _require_no_wait(self._by_address.wait_s(where))
        self._by_address.begin(where)
        known = self._link is not None and hmac.compare_digest(link.encode(), self._link.encode())
        if known:
            self._by_address.take_back(where)
        if not known or await self._accounts.any():
            raise SignInRefused(
                "this link is not, or no longer, good; sign in with your name, or see what `agent serve` prints"
            )
        await self._record("staff:by link", "staff.signed_in", "")
        return await self.sessions.begin(None)

    async def from_outside(self, name: str, role: Role) -> Opened:
        """For somebody whom an identity provider vouches for. Raises `SignInRefused` where the account here is disabled
        or has a password of its own."""
        try:
            account = await self._accounts.outside(name, role)
        except AccountError as error:
            raise SignInRefused(str(error)) from None
        return await self._opened(account)

    async def out(self, session_id: int, actor: str) -> None:
        await self._record(actor, "staff.signed_out", actor.removeprefix("staff:"))
        await self.sessions.end(session_id)

    async def _opened(self, account: Account) -> Opened:
        await self._record(f"staff:{account.name}", "staff.signed_in", account.name)
        return await self.sessions.begin(account)

    async def _is_password(self, account: Account | None, password: str) -> bool:
        """Takes as long for nobody, and for an account that cannot sign in here, as for one that can."""
        kept = account.password_hash if account is not None and account.disabled_at is None else None
        right = await self._hashed(password, kept or self._nobody)
        return right and kept is not None

    async def _hashed(self, password: str, kept: str) -> bool:
        """One password is hashed at a time, whoever asks."""
        self._in_line += 1
        try:
            async with self._one_at_a_time:
                return await asyncio.to_thread(is_password, password[:LONGEST], kept)
        finally:
            self._in_line -= 1

    async def _is_code(self, account: Account, code: str) -> bool:
        assert account.totp_secret is not None
        step = step_of(account.totp_secret, code, now=self._clock.wall_ns() / NS_PER_S)
        if step is not None:
            return await self._accounts.accept_step(account, step)
        digest = recovery_digest(code)
        return digest in account.recovery_codes and await self._accounts.spend_recovery_code(account, digest)

    async def _refused(self, who: str, account: Account | None) -> SignInRefused:
        """Written down once guessing begins to cost time, so that a flood fills no log. A name that there is not may be
        anything, a password typed into the wrong field too."""
        if self._by_name.wait_s(who):
            await self._record("server", "staff.refused", "an unknown name" if account is None else account.name)
        return SignInRefused(WRONG)


def _require_no_wait(wait_s: int) -> None:
    if wait_s:
        raise SignInRefused(f"too many tries; try again in {wait_s} s", retry_after_s=wait_s)


def _network(address: str) -> str:
    parsed = parsed_address(address)
    return address if parsed is None else household_of(parsed)
