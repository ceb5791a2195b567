"""What is refused before aiortc sees it, and with which words."""

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.errors import OfferRejected
from agent.media.offer import read_candidates, read_offer

CANDIDATE = "a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"


async def page_offer() -> str:
    """An offer like our page's: sound and picture both ways, and a data channel."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio")
    connection.addTransceiver("video")
    connection.createDataChannel("agent")
    await connection.setLocalDescription(await connection.createOffer())
    sdp = connection.localDescription.sdp
    await connection.close()
    return sdp


@pytest.fixture
async def sdp() -> str:
    return await page_offer()


async def test_page_offer_is_read(sdp: str) -> None:
    """An offer of our page sends both, receives both and has a channel."""
    offer = read_offer(sdp)
    assert offer.sends_audio and offer.sends_video and offer.has_channel
    assert offer.receives == {"audio", "video"}


async def test_send_only_offer_receives_nothing(sdp: str) -> None:
    """A WHIP client that only sends is told apart."""
    assert read_offer(sdp.replace("a=sendrecv", "a=sendonly")).receives == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [
        ("v=0", "x=0", 400, "v=0"),
        ("a=sendrecv", "a=recvonly", 422, "neither"),
        ("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0", 422, "BUNDLE"),
        ("a=sendrecv", "a=x", 400, "which way"),
        ("a=rtcp-mux", "a=x", 422, "rtcp-mux"),
        ("a=fingerprint", "a=x", 400, "fingerprint"),
        ("a=ice-ufrag", "a=x", 400, "ICE"),
        ("a=mid:1", "a=mid:0", 400, "mid"),
        ("m=video", "m=audio", 422, "2 audio"),
        ("m=video", "m=text", 422, "data channel"),
        ("VP8/90000", "AV1/90000", 201, ""),
        ("rtpmap", "x", 400, "parsed"),
        ("a=sctp-port:5000", "a=x", 400, "sctp-port"),
    ],
)
async def test_flawed_offer_is_refused_in_words(sdp: str, old: str, new: str, status: int, words: str) -> None:
    """Each flaw gives the status that says whose fault it is, and names the flaw."""
    assert old in sdp
    if status == 201:
        read_offer(sdp.replace(old, new))
        return
    with pytest.raises(OfferRejected, match=words) as refused:
        read_offer(sdp.replace(old, new))
    assert refused.value.status == status


async def test_unknown_codecs_are_refused(sdp: str) -> None:
    """A picture in codecs that are not served cannot be answered."""
    with pytest.raises(OfferRejected, match="VP8 and H.264"):
        read_offer(sdp.replace("VP8/90000", "AV1/90000").replace("H264/90000", "H265/90000"))


async def test_large_offer_is_refused(sdp: str) -> None:
    """An offer beyond any browser's is refused for its size."""
    with pytest.raises(OfferRejected) as refused:
        read_offer(sdp + "a=x:y\r\n" * 20_000)
    assert refused.value.status == 413


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_refused_not_crashed_on(text: str) -> None:
    """Whatever follows a plausible first line, the answer is a refusal."""
    with pytest.raises(OfferRejected):
        read_offer("v=0\r\n" + text)


@pytest.mark.timeout(60)
async def test_cut_and_mangled_offers_are_refused_or_read(sdp: str) -> None:
    """An offer cut anywhere, or with any line doubled or gone, is read or refused, never anything else."""
    lines = sdp.splitlines(keepends=True)
    variants = ["".join(lines[:cut]) for cut in range(len(lines))]
    variants += ["".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    variants += [
        "".join(lines[:n] + [lines[n].replace(":", " ").replace("0", "x")] + lines[n:]) for n in range(len(lines))
    ]
    for variant in variants:
        try:
            read_offer(variant)
        except OfferRejected as refused:
            assert refused.status in (400, 413, 422)


async def test_trickled_candidates_are_read(sdp: str) -> None:
    """A fragment gives its candidates for the bundled transport, and the end of them."""
    offer = read_offer(sdp)
    fragment = (
        f"a=ice-ufrag:{offer.ice_user}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n{CANDIDATE}\r\na=end-of-candidates\r\n"
    )
    candidate, end = read_candidates(fragment, offer)
    assert candidate is not None and (candidate.ip, candidate.port, candidate.sdpMid) == ("192.0.2.7", 50_000, "0")
    assert end is None


@pytest.mark.parametrize(
    ("fragment", "status"),
    [
        ("a=ice-ufrag:other\r\n", 422),
        ("a=candidate:1 1 udp\r\n", 400),
        ("a=candidate:1 1 udp 1 192.0.2.7 99999 typ host\r\n", 400),
        ("hello", 400),
        (f"{CANDIDATE}\r\n" * 100, 413),
        ("a=x\r\n" * 5_000, 413),
    ],
)
async def test_flawed_fragment_is_refused(sdp: str, fragment: str, status: int) -> None:
    """A restart, nonsense and floods are refused with their own status."""
    with pytest.raises(OfferRejected) as refused:
        read_candidates(fragment, read_offer(sdp))
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("line", "times", "status"),
    [("a=rtpmap:97 VP8/90000", 700, 400), ("a=rtpmap:{} VP8/90000", 129, 413), ("a=rtcp-fb:* nack", 600, 413)],
)
async def test_an_offer_is_not_blown_up(line: str, times: int, status: int) -> None:
    """Codecs that stand there again and again are refused before they are multiplied by what is said of them."""
    sdp = await page_offer()
    place = sdp.index("m=video")
    end = sdp.index("\r\n", sdp.index("a=mid", place)) + 2
    more = "".join(f"{line.format(1_000 + number)}\r\n" for number in range(times))
    with pytest.raises(OfferRejected) as refused:
        read_offer(sdp[:end] + more + sdp[end:])
    assert refused.value.status == status
