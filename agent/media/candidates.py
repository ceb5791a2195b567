"""Which of the addresses that a customer's side names media may be sent to, and which of its own the agent tells."""

from aioice.mdns import is_mdns_hostname
from aiortc import RTCIceCandidate
from aiortc.sdp import candidate_from_sdp, candidate_to_sdp

from agent.core.addresses import IpAddress, Reach, parsed_address, reach_of
from agent.core.errors import OfferRejected

CANDIDATE_LIMIT = 64
"""ICE candidates taken from one offer and all that is trickled after it; browsers send a handful."""
LOWEST_PORT = 1024
"""Below lie services, and no browser's media."""
_LINE = "a=candidate:"
_END = "a=end-of-candidates"


def reaches_for(client: str | None, *, private: bool | None) -> frozenset[Reach]:
    """Where media of a call may be sent to whose customer asked from the address `client`, None for this process.

    Whoever is inside a network may be sent media inside it; from outside nobody makes the agent knock at doors there.
    `private` is `media.private_candidates`.
    """
    address = None if client is None else parsed_address(client)
    near = Reach.OWN if client is None else Reach.PUBLIC if address is None else reach_of(address)
    reaches = {Reach.PUBLIC}
    if near is Reach.OWN:
        reaches.add(Reach.OWN)
    if near is not Reach.PUBLIC if private is None else private:
        reaches.add(Reach.PRIVATE)
    return frozenset(reaches)


class CandidateSieve:
    """Lets those candidates of one session through that lie within `reaches`, and counts the others.

    A customer whose address was held back can still connect by sending first: what comes in is answered to where it
    came from. So the list of candidates stays open then.
    """

    def __init__(self, reaches: frozenset[Reach], *, announced: IpAddress | None = None) -> None:
        """`announced` is `media.announced_address`."""
        self.held_back = 0
        """Candidates to which nothing was sent, as they lie outside what is allowed."""
        self._reaches = reaches
        self._announced = announced
        self._left = CANDIDATE_LIMIT

    def sieved(self, sdp: str) -> str:
        """The offer without what is held back. Raises `OfferRejected` for more candidates than any browser sends."""
        lines = [line for line in sdp.splitlines() if not line.startswith(_LINE) or self._keeps(line)]
        if self.held_back:
            lines = [line for line in lines if line.strip() != _END]
        return "".join(f"{line}\r\n" for line in lines)

    def told(self, sdp: str) -> str:
        """The agent's answer as the other side may read it."""
        return sdp if self._announced is None else announced(sdp, self._announced)

    def passed(self, candidates: list[RTCIceCandidate | None]) -> list[RTCIceCandidate | None]:
        """Those of a fragment that may be used; None stands for the end of them. Raises as `sieved`."""
        passed = [candidate for candidate in candidates if candidate is None or self._passes(candidate)]
        return [candidate for candidate in passed if candidate is not None or not self.held_back]

    def _keeps(self, line: str) -> bool:
        try:
            return self._passes(candidate_from_sdp(line.removeprefix(_LINE)))
        except (AssertionError, ValueError, IndexError):
            return False

    def _passes(self, candidate: RTCIceCandidate) -> bool:
        self._left -= 1
        if self._left < 0:
            raise OfferRejected(f"more than {CANDIDATE_LIMIT} candidates in one session", status=413)
        if candidate.protocol.lower() != "udp":
            return False  # never used anyway, and nothing to be told of
        passes = candidate.port >= LOWEST_PORT and self._within(candidate.ip)
        self.held_back += not passes
        return passes

    def _within(self, host: str) -> bool:
        if is_mdns_hostname(host):
            return Reach.PRIVATE in self._reaches
        address = parsed_address(host)
        return address is not None and reach_of(address) in self._reaches


def announced(sdp: str, address: IpAddress) -> str:
    """The agent's own description with `address` in place of its addresses on this machine, which nobody learns.

    What a STUN or TURN server told stays, without the address behind it. Host candidates of the other IP version go.
    """
    nowhere, family = ("0.0.0.0", "IP4") if address.version == 4 else ("::", "IP6")
    lines: list[str] = []
    for line in sdp.splitlines():
        if line.startswith("c="):
            lines.append(f"c=IN {family} {address}")
            continue
        if not line.startswith(_LINE):
            lines.append(line)
            continue
        candidate = candidate_from_sdp(line.removeprefix(_LINE))
        own = parsed_address(candidate.ip)
        if candidate.type == "host":
            if own is None or own.version != address.version:
                continue
            candidate.ip = str(address)
        if candidate.relatedAddress is not None:
            candidate.relatedAddress, candidate.relatedPort = nowhere, 9
        lines.append(_LINE + candidate_to_sdp(candidate))
    return "".join(f"{line}\r\n" for line in lines)
