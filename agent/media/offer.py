"""Looks an SDP offer over before anything is built on it, and refuses in plain words what cannot be answered."""

from dataclasses import dataclass

from aiortc import RTCIceCandidate
from aiortc.codecs import CODECS
from aiortc.rtcpeerconnection import find_common_codecs
from aiortc.sdp import MediaDescription, SessionDescription, candidate_from_sdp

from agent.core.errors import OfferRejected
from agent.media.candidates import CANDIDATE_LIMIT

OFFER_LIMIT_BYTES = 64 * 1024
FRAGMENT_LIMIT_BYTES = 8 * 1024
CODEC_LIMIT = 128
"""Payload types in one section: RTP has no more numbers (RFC 3551 section 6)."""
FEEDBACK_LIMIT = 512
"""`a=rtcp-fb` lines in an offer; browsers send some five a codec."""
FEEDBACK_FOR_ALL_LIMIT = 32
"""Of these, those for every codec of their section."""
SLOTS = ("audio", "video", "application")
_SENDS = ("sendonly", "sendrecv")
_RECEIVES = ("recvonly", "sendrecv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an acceptable offer holds."""

    sdp: str
    sends_audio: bool
    sends_video: bool
    receives: frozenset[str]
    """Kinds of media, "audio" and "video", that the customer's side wants to receive."""
    has_channel: bool
    ice_user: str
    """The ICE user fragment, which names the ICE session."""
    transport_mid: str
    """The media section that carries the bundle's transport."""


def read_offer(sdp: str, *, of_viewer: bool = False) -> Offer:
    """A customer's offer, or that `of_viewer`, who only receives.

    Raises `OfferRejected`: 400 for what is no offer, 413 for too large, 422 for sound but not served here.
    """
    if len(sdp) > OFFER_LIMIT_BYTES:
        raise OfferRejected(f"the offer is larger than {OFFER_LIMIT_BYTES // 1024} KiB", status=413)
    if not sdp.startswith("v=0"):
        raise OfferRejected("the body is no SDP: it must begin with v=0")
    _check_codecs(sdp)
    description = _parsed(sdp)
    media = description.media
    _check_sections(description)
    for section in media:
        _check_section(section)
    by_kind = {section.kind: section for section in media}
    sending = {kind for kind in ("audio", "video") if kind in by_kind and by_kind[kind].direction in _SENDS}
    receiving = frozenset(
        kind for kind in ("audio", "video") if kind in by_kind and by_kind[kind].direction in _RECEIVES
    )
    if of_viewer and not receiving:
        raise OfferRejected("the offer receives neither audio nor video, so there is nothing to view", status=422)
    if not of_viewer and not sending:
        raise OfferRejected("the offer sends neither audio nor video; add a microphone or a camera", status=422)
    return Offer(
        sdp=sdp,
        sends_audio="audio" in sending,
        sends_video="video" in sending,
        receives=receiving,
        has_channel="application" in by_kind,
        ice_user=_ice_user(media[0]),
        transport_mid=_bundle(description)[0],
    )


def read_candidates(fragment: str, offer: Offer) -> list[RTCIceCandidate | None]:
    """Candidates of a trickle fragment (RFC 8840), None standing for the end of them.

    All are for the one bundled transport, whichever section they stand in. Raises `OfferRejected`: 400 for what is no
    fragment, 422 for an ICE restart, which is not served.
    """
    if len(fragment) > FRAGMENT_LIMIT_BYTES:
        raise OfferRejected(f"the fragment is larger than {FRAGMENT_LIMIT_BYTES // 1024} KiB", status=413)
    candidates: list[RTCIceCandidate | None] = []
    for line in fragment.splitlines():
        name, _, value = line.strip().partition(":")
        if name == "a=ice-ufrag" and value != offer.ice_user:
            raise OfferRejected("the fragment is of another ICE session; restarts are not served", status=422)
        if name == "a=candidate":
            candidates.append(_candidate(value, offer.transport_mid))
        elif name == "a=end-of-candidates":
            candidates.append(None)
        elif line.strip() and not line.startswith(("a=", "m=")):
            raise OfferRejected("the body is no ICE fragment: its lines must begin with a= or m=")
    if len(candidates) > CANDIDATE_LIMIT:
        raise OfferRejected(f"more than {CANDIDATE_LIMIT} candidates in one fragment", status=413)
    return candidates


def _check_codecs(sdp: str) -> None:
    """Before anything else is made of them: what is said of a codec is kept for each of its number, and answered for
    each, so that a number that stands there hundreds of times would take seconds and a hundred megabytes.
    """
    numbers: set[int] = set()
    feedback = for_all = 0
    for line in sdp.splitlines():
        name, _, value = line.partition(":")
        if line.startswith("m="):
            numbers.clear()
        elif name == "a=rtcp-fb":
            feedback += 1
            for_all += value.startswith("*")
        elif name == "a=rtpmap":
            try:
                number = int(value.split(" ", 1)[0])
            except ValueError:
                continue  # which the parser has words for
            if number in numbers:
                raise OfferRejected(f"a section names the payload type {number} twice")
            numbers.add(number)
        if len(numbers) > CODEC_LIMIT or feedback > FEEDBACK_LIMIT or for_all > FEEDBACK_FOR_ALL_LIMIT:
            raise OfferRejected("the offer names more codecs, or more kinds of feedback, than any browser", status=413)


def _parsed(sdp: str) -> SessionDescription:
    try:
        return SessionDescription.parse(sdp)
    except Exception as error:
        # The parser asserts, indexes and unpacks as it goes, so that a broken line can raise nearly anything.
        raise OfferRejected(f"the offer cannot be parsed ({type(error).__name__}); is it complete SDP?") from None


def _check_sections(description: SessionDescription) -> None:
    kinds = [section.kind for section in description.media]
    if not kinds:
        raise OfferRejected("the offer holds no media section")
    unknown = sorted({kind for kind in kinds if kind not in SLOTS})
    if unknown:
        raise OfferRejected("only audio, video and a data channel are served, and the offer has more", status=422)
    for kind in SLOTS:
        if kinds.count(kind) > 1:
            raise OfferRejected(f"the offer has {kinds.count(kind)} {kind} sections; one is served", status=422)
    mids = [section.rtp.muxId for section in description.media]
    if not all(mids) or len(set(mids)) < len(mids):
        raise OfferRejected("every media section needs an a=mid of its own")
    if sorted(_bundle(description)) != sorted(mids):
        raise OfferRejected("all media sections must be in one BUNDLE group", status=422)


def _bundle(description: SessionDescription) -> list[str]:
    """The sections that share one transport, the one that carries it first; a single section is its own."""
    groups = [group.items for group in description.group if group.semantic == "BUNDLE" and group.items]
    return [str(mid) for mid in groups[0]] if groups else [description.media[0].rtp.muxId]


def _check_section(section: MediaDescription) -> None:
    if not _ice_user(section) or section.ice is None or not section.ice.password:
        raise OfferRejected(f"the {section.kind} section has no ICE user and password")
    if section.dtls is None or not section.dtls.fingerprints:
        raise OfferRejected(f"the {section.kind} section has no DTLS fingerprint and setup; media must be encrypted")
    if len(section.ice_candidates) > CANDIDATE_LIMIT:
        raise OfferRejected(f"more than {CANDIDATE_LIMIT} candidates in one section", status=413)
    for candidate in section.ice_candidates:
        _check_candidate(candidate)
    if section.kind == "application":
        if section.profile not in ("UDP/DTLS/SCTP", "DTLS/SCTP"):
            raise OfferRejected("the data channel must be UDP/DTLS/SCTP", status=422)
        if section.profile == "UDP/DTLS/SCTP" and not section.sctp_port:
            raise OfferRejected("the data channel has no a=sctp-port")
        return
    if section.direction is None:
        raise OfferRejected(f"the {section.kind} section does not say which way it goes, such as a=sendonly")
    if not section.rtcp_mux:
        raise OfferRejected(f"the {section.kind} section needs a=rtcp-mux", status=422)
    try:
        common = find_common_codecs(CODECS[section.kind], section.rtp.codecs)
    except (ValueError, TypeError, KeyError):
        raise OfferRejected(f"the {section.kind} section's codec parameters make no sense") from None
    if not common:
        served = (
            "Opus, G.722 and G.711" if section.kind == "audio" else "VP8 and H.264 (baseline, packetization-mode=1)"
        )
        raise OfferRejected(f"no {section.kind} codec in common; {served} are served", status=422)


def _ice_user(section: MediaDescription) -> str:
    return (section.ice.usernameFragment or "") if section.ice is not None else ""


def _candidate(value: str, mid: str) -> RTCIceCandidate:
    try:
        candidate = candidate_from_sdp(value)
    except (AssertionError, ValueError, IndexError):
        raise OfferRejected("the fragment holds a candidate that cannot be parsed") from None
    candidate.sdpMid = mid
    _check_candidate(candidate)
    return candidate


def _check_candidate(candidate: RTCIceCandidate) -> None:
    if not 0 <= candidate.port <= 65_535 or not candidate.ip:
        raise OfferRejected("the offer holds a candidate with an impossible address")
