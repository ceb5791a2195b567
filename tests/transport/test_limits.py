"""No address takes the lines, the sockets or the time from the others, and none is counted for another."""

import asyncio
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent.core.clock import FakeClock
from agent.core.consent import CONSENT_VERSION
from agent.core.settings import IdentitySettings, LimitSettings, ServerSettings, Settings
from agent.transport.limits import MOST_KEYS, Buckets, Limits
from tests.transport.conftest import ScriptedDesk

WISH = {"choice": "without_emotion", "consent_version": CONSENT_VERSION, "locale": "en"}
MALLORY, OSCAR = ({"X-Forwarded-For": f"203.0.113.{last}", "X-Forwarded-Proto": "https"} for last in (7, 8))
SUPERVISOR = {"Authorization": "Bearer key-of-a-supervisor"}


@pytest.fixture
def settings() -> Settings:
    """Of an agent behind a proxy on this machine, as its own addresses are exempt."""
    return Settings(
        server=ServerSettings(trusted_proxies=("127.0.0.1",)),
        identity=IdentitySettings.model_validate(
            {
                "guests": True,
                "keys": [
                    {"key": "key-of-a-supervisor", "role": "supervisor"},
                    {"key": "key-of-a-business", "role": "business"},
                ],
            }
        ),
        limits=LimitSettings(asks_per_minute=5, sockets=2, handshakes_per_s=1, messages_per_s=2),
    )


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=60))
def test_a_bucket_gives_what_flows_into_it_and_no_more(pauses_ms: list[int]) -> None:
    """However the questions are spread, no more are allowed than the burst and what has come since; and who waits as
    long as is said is let through."""
    clock = FakeClock()
    bucket = Buckets(per_s=2.0, burst=4, clock=clock)
    passed = 0
    for pause_ms in pauses_ms:
        clock.advance(ms=pause_ms)
        passed += bucket.take("a") == 0
    assert passed <= 4 + 2.0 * sum(pauses_ms) / 1_000
    while (wait_s := bucket.take("a")) == 0:
        pass
    clock.advance(ms=wait_s * 1_000 + 1)
    assert bucket.take("a") == 0


def test_one_address_does_not_spend_what_is_another_s() -> None:
    """Each has a bucket of its own."""
    bucket = Buckets(per_s=1.0, burst=1, clock=FakeClock())
    assert (bucket.take("a"), bucket.take("a"), bucket.take("b")) == (0, 1, 0)


def test_a_million_addresses_fit_a_bounded_memory() -> None:
    """Those that asked longest ago are forgotten; who asks on and on is not."""
    bucket = Buckets(per_s=1.0, burst=1, clock=FakeClock())
    for number in range(2 * MOST_KEYS):
        bucket.take("mallory")
        bucket.take(str(number))
    assert len(bucket) == MOST_KEYS and bucket.take("mallory") > 0


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", None),
        ("::ffff:127.0.0.1", None),
        ("::1", None),
        ("10.1.2.3", None),
        ("_hidden", "unknown"),
        ("10.1.2.3, 203.0.113.7", "unknown"),
        (None, None),
    ],
    ids=str,
)
def test_a_household_is_one_client(host: str | None, client: str | None) -> None:
    """IPv6 hands each customer a network of 64 bits, which counts as one; exempt addresses count for nobody."""
    settings = LimitSettings.model_validate({"exempt": ["127.0.0.0/8", "::1", "10.0.0.0/8"]})
    assert Limits(settings, FakeClock()).client_of(host) == client


@given(st.text())
def test_whatever_a_proxy_passes_on_is_counted(host: str) -> None:
    """No garbage in a header breaks the counting."""
    client = Limits(LimitSettings(exempt=()), FakeClock()).client_of(host)
    assert (client is None) == (host == "")


async def test_who_asks_too_often_is_told_when_to_come_back(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """429 with Retry-After, for this address only."""
    answers = [await client.post("/api/calls", json=WISH, headers=MALLORY) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 3
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert (await client.post("/api/calls", json=WISH, headers=OSCAR)).status_code == 201
    assert [wish.client for wish in desk.wishes] == ["203.0.113.7"] * 5 + ["203.0.113.8"]


async def test_keys_cannot_be_tried_one_after_the_other(client: httpx.AsyncClient) -> None:
    """Whoever shows wrong keys is slowed down like any other."""
    wrong = {**MALLORY, "Authorization": "Bearer key-number-000001"}
    answers = [await client.post("/api/calls", json={"customer": "dana"}, headers=wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


async def test_links_cannot_be_tried_one_after_the_other(client: httpx.AsyncClient) -> None:
    """Made up tokens are counted like wrong keys."""
    wish = WISH | {"customer": "made.up.token"}
    answers = [await client.post("/api/calls", json=wish, headers=MALLORY) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]


async def test_who_comes_by_a_link_may_ask_as_often_as_the_line_needs(
    client: httpx.AsyncClient, desk: ScriptedDesk
) -> None:
    """An office whose people wait in line by their links is not taken for a flood."""
    key = {"Authorization": "Bearer key-of-a-business"}
    token = (await client.post("/api/calls", json={"customer": "dana"}, headers=key)).json()["token"]
    desk.full = True
    answers = [await client.post("/api/calls", json=WISH | {"customer": token}, headers=MALLORY) for _ in range(9)]
    assert {answer.status_code for answer in answers} == {503}


async def test_this_machine_is_not_limited(client: httpx.AsyncClient) -> None:
    """Benchmarks and who tries the agent out come from here."""
    answers = [await client.post("/api/calls", json=WISH) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {201}


@pytest.fixture
def complaints(address: str, caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the server, once it runs, writes as errors."""
    caplog.set_level(logging.ERROR, logger="uvicorn.error")
    logging.getLogger("uvicorn.error").addHandler(caplog.handler)
    yield caplog
    logging.getLogger("uvicorn.error").removeHandler(caplog.handler)


async def test_an_address_has_only_so_many_sockets(address: str, complaints: pytest.LogCaptureFixture) -> None:
    """One more is refused with 429 before it is opened, and fills no log; one that closes makes room."""
    url = f"ws://{address}/ws/supervisor"
    async with connect(url, additional_headers=MALLORY | SUPERVISOR):
        async with connect(url, additional_headers=MALLORY | SUPERVISOR):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url, additional_headers=MALLORY | SUPERVISOR)
            assert refused.value.response.status_code == 429
            assert refused.value.response.headers["retry-after"] == "1"
            async with connect(url, additional_headers=OSCAR | SUPERVISOR) as socket:
                assert json.loads(await socket.recv())["type"] == "calls"
        async with connect(url, additional_headers=MALLORY | SUPERVISOR) as socket:
            assert json.loads(await socket.recv())["type"] == "calls"
    assert complaints.records == []


async def test_sockets_cannot_be_opened_one_after_the_other(address: str) -> None:
    """A burst is let in, and then as many as come in a second."""
    url = f"ws://{address}/ws/supervisor"
    opened = 0
    with pytest.raises(InvalidStatus, match="429"):
        for _ in range(20):
            await (await connect(url, additional_headers=MALLORY | SUPERVISOR)).close()
            opened += 1
    assert opened >= 5


async def test_who_says_too_much_on_a_socket_is_let_go(address: str) -> None:
    """A burst of messages is taken; a flood ends the connection with 1008."""
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=SUPERVISOR) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(10):
                for _ in range(1_000):
                    await socket.send('{"type":"unwatch"}')
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "too many messages")
