"""How a connection finds its way: STUN and TURN servers in aiortc's form."""

from collections.abc import Sequence

from aiortc import RTCConfiguration, RTCIceServer, RTCIceTransportPolicy

from agent.core.ice_servers import IceServer


def configured(servers: Sequence[IceServer], *, relayed: bool = False) -> RTCConfiguration:
    """`relayed` takes no path but through a TURN server."""
    return RTCConfiguration(
        iceServers=[RTCIceServer(list(one.urls), one.username, one.credential) for one in servers],
        iceTransportPolicy=RTCIceTransportPolicy.RELAY if relayed else RTCIceTransportPolicy.ALL,
    )
