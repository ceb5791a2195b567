"""The agent faces other machines only encrypted and with accounts, and lets commands of its own user in."""

import stat
from pathlib import Path

import pytest

from agent.app.local_key import key_of, offered, with_local_key
from agent.app.staff import opened_users, require_safe_address
from agent.core.clock import SystemClock
from agent.core.errors import SettingsError
from agent.core.identity import Role
from agent.core.settings import ServerSettings, Settings, StorageSettings
from agent.transport.keys import ProgramKeys
from tests.staff import opened_test_staff


def _settings(folder: Path, **server: object) -> Settings:
    storage = StorageSettings(url=f"sqlite+aiosqlite:///{folder / 'staff.sqlite3'}")
    return Settings(storage=storage, server=ServerSettings(**server))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_on_this_machine_nothing_is_asked_for(tmp_path: Path, host: str) -> None:
    """`make demo` needs neither certificate nor account."""
    settings = _settings(tmp_path, host=host)
    assert settings.server.on_loopback
    await require_safe_address(settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "agent.example"])
async def test_other_machines_need_encryption_and_accounts(tmp_path: Path, host: str) -> None:
    """Each lack is named with its remedy; with both, and behind a proxy that is named, the agent starts."""
    with pytest.raises(SettingsError, match="tls_certificate"):
        await require_safe_address(_settings(tmp_path, host=host))
    certificate = {"tls_certificate": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    for encryption in (certificate, {"trusted_proxies": ("127.0.0.1",)}):
        with pytest.raises(SettingsError, match="agent users add"):
            await require_safe_address(_settings(tmp_path, host=host, **encryption))
    async with opened_users(_settings(tmp_path)) as users:
        await users.add("ada", Role.ADMIN, "hash")
    for encryption in (certificate, {"trusted_proxies": ("127.0.0.1",)}):
        await require_safe_address(_settings(tmp_path, host=host, **encryption))


async def test_the_link_is_printed_only_while_there_is_no_account(tmp_path: Path) -> None:
    """It is another one with each start, and none once somebody can sign in."""
    links = []
    for _ in range(2):
        async with opened_test_staff(tmp_path, SystemClock()) as staff:
            links.append(staff.door.link)
    assert None not in links and links[0] != links[1]
    async with opened_users(_settings(tmp_path)) as users:
        await users.add("ada", Role.ENGINEER, "hash")
    async with opened_test_staff(tmp_path, SystemClock()) as staff:
        assert staff.door.link is None
        assert await staff.door.sign_in.ways() == ["password"]


def test_commands_of_the_same_user_find_a_key_while_the_agent_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets supervisors in, is readable by its owner alone, and goes when the agent ends."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    settings, key = with_local_key(Settings())
    program = ProgramKeys(settings.identity).program_of(key)
    assert program is not None and program.role is Role.SUPERVISOR
    url = "http://127.0.0.1:8080"
    assert key_of(url) is None
    with offered(f"{url}/", key):
        assert key_of(url) == key and key_of("http://127.0.0.1:8081") is None
        (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key_of(url) is None
