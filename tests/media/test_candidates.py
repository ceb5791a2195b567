"""Media goes where a customer may have it sent, and what is held back keeps nobody from connecting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from hypothesis import given
from hypothesis import strategies as st

from agent.core.addresses import Reach
from agent.core.clock import SystemClock
from agent.core.consent import Choice, consent_for
from agent.core.errors import OfferRejected
from agent.core.lifecycle import EndReason
from agent.core.settings import MediaSettings
from agent.media.candidates import CANDIDATE_LIMIT, CandidateSieve, reaches_for
from agent.media.peer import Peer

AGREED = consent_for(Choice.AGREE, locale="en", given_at=0)
EVERYWHERE = frozenset({Reach.OWN, Reach.PRIVATE, Reach.PUBLIC})
ABROAD = frozenset({Reach.PUBLIC})


def line(host: str, *, port: int = 50_000, protocol: str = "udp", kind: str = "host") -> str:
    return f"a=candidate:1 1 {protocol} 2130706431 {host} {port} typ {kind}"


def hosts(sdp: str) -> list[str]:
    return [text.split()[4] for text in sdp.splitlines() if text.startswith("a=candidate:")]


@pytest.mark.parametrize(
    ("client", "private", "reaches"),
    [
        (None, None, EVERYWHERE),
        ("127.0.0.1", None, EVERYWHERE),
        ("::1", None, EVERYWHERE),
        ("192.168.1.20", None, {Reach.PRIVATE, Reach.PUBLIC}),
        ("fe80::1%eth0", None, {Reach.PRIVATE, Reach.PUBLIC}),
        ("8.8.8.8", None, ABROAD),
        ("unknown", None, ABROAD),
        ("8.8.8.8", True, {Reach.PRIVATE, Reach.PUBLIC}),
        ("192.168.1.20", False, ABROAD),
    ],
)
def test_who_is_inside_may_have_media_sent_inside(
    client: str | None, private: bool | None, reaches: set[Reach]
) -> None:
    """From the internet nobody makes the agent knock at a private network's doors, unless the operator lets them."""
    assert reaches_for(client, private=private) == reaches


def test_what_lies_outside_is_held_back() -> None:
    """Private, loopback, link-local, multicast and metadata addresses, names, and ports of services."""
    refused = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "224.0.0.1", "fd00::1", "7c9d-11.local", "intranet", "::1"]
    sdp = "\r\n".join(["v=0", *map(line, refused), line("8.8.8.8"), line("8.8.4.4", port=53), "a=end-of-candidates"])
    sieve = CandidateSieve(ABROAD)
    sieved = sieve.sieved(sdp)
    assert hosts(sieved) == ["8.8.8.8"]
    assert sieve.held_back == len(refused) + 1
    assert "a=end-of-candidates" not in sieved, "a customer who was held back may still send first"


def test_nothing_is_held_back_at_home() -> None:
    """On one machine an offer stays as it is, but for what goes over TCP and is never used."""
    sdp = "\r\n".join(["v=0", line("10.0.0.1"), line("127.0.0.1"), line("7c9d-11.local"), "a=end-of-candidates", ""])
    sieve = CandidateSieve(EVERYWHERE)
    assert sieve.sieved(f"{sdp}{line('10.0.0.1', port=9, protocol='tcp')}\r\n") == sdp
    assert sieve.held_back == 0


@given(st.lists(st.ip_addresses(), max_size=20))
def test_no_address_within_gets_past_the_sieve(addresses: list[object]) -> None:
    """Whatever is offered from the internet, what is left is of the internet."""
    sieve = CandidateSieve(ABROAD)
    left = sieve.sieved("\r\n".join(line(str(address)) for address in addresses))
    assert all(ip_address(host).is_global for host in hosts(left))
    assert len(hosts(left)) + sieve.held_back == len(addresses)


def test_a_session_takes_so_many_candidates_and_no_more() -> None:
    """Also a few at a time: each costs checks that are sent to somebody."""
    sieve = CandidateSieve(EVERYWHERE)
    one = candidate_from_sdp(line("8.8.8.8").removeprefix("a=candidate:"))
    for _ in range(CANDIDATE_LIMIT):
        assert sieve.passed([one]) == [one]
    with pytest.raises(OfferRejected) as refused:
        sieve.passed([one])
    assert refused.value.status == 413


def test_trickled_candidates_are_sieved_as_offered_ones() -> None:
    """And their end is not told while some were held back."""
    near, far = (candidate_from_sdp(line(host).removeprefix("a=candidate:")) for host in ("10.0.0.1", "8.8.8.8"))
    sieve = CandidateSieve(ABROAD)
    assert sieve.passed([far, None]) == [far, None]
    assert sieve.passed([near, None]) == []


def test_an_announced_address_hides_the_own_ones() -> None:
    """Host candidates carry it, those of the other IP version go, and no related address is left to read."""
    own = [
        "c=IN IP4 10.9.8.7",
        line("10.9.8.7"),
        line("fd00::7"),
        line("203.0.113.9", kind="relay") + " raddr 10.9.8.7 rport 40000",
    ]
    told = CandidateSieve(EVERYWHERE, announced=ip_address("198.51.100.4")).told("\r\n".join(own))
    assert hosts(told) == ["198.51.100.4", "203.0.113.9"]
    assert "10.9.8.7" not in told and "fd00::7" not in told and "c=IN IP4 198.51.100.4" in told


def test_without_an_announced_address_the_answer_stays_as_it_is() -> None:
    """On one network the own ones are what a customer needs."""
    answer = "\r\n".join(["v=0", line("10.9.8.7"), ""])
    assert CandidateSieve(EVERYWHERE).told(answer) == answer


@asynccontextmanager
async def held_back(settings: MediaSettings) -> AsyncIterator[tuple[RTCPeerConnection, Peer]]:
    """A customer of this machine who seems to ask from the internet, and the agent's side of the call."""
    customer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    customer.addTransceiver("audio", "sendonly")
    await customer.setLocalDescription(await customer.createOffer())
    peer = await Peer.answer(
        customer.localDescription.sdp,
        call_id="call-1",
        consent=AGREED,
        clock=SystemClock(),
        settings=settings,
        client="8.8.8.8",
    )
    try:
        yield customer, peer
    finally:
        await customer.close()
        await peer.close()


async def test_a_customer_whose_addresses_are_held_back_still_connects() -> None:
    """What comes in is answered to where it came from, so that a call needs no address of the customer."""
    async with held_back(MediaSettings()) as (customer, peer):
        assert peer.statistics.candidates_held_back > 0
        await customer.setRemoteDescription(RTCSessionDescription(peer.answer_sdp, "answer"))
        async with asyncio.timeout(10):
            await peer.connected.wait()


async def test_what_was_held_back_is_said_when_nothing_connects(caplog: pytest.LogCaptureFixture) -> None:
    """The operator reads how many and which setting, and no address."""
    async with held_back(MediaSettings(connect_within_s=0.2)) as (customer, peer):
        offered = hosts(customer.localDescription.sdp)
        assert await peer.run() is EndReason.NEVER_CONNECTED
    assert "media.private_candidates" in caplog.text
    assert not [host for host in offered if host in caplog.text]
