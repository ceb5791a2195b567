"""Bounds what aiortc keeps of unfinished data channel messages: of itself it would gather them until memory ends.

aiortc 1.16 tells the other side how much it would take (`_advertised_rwnd`, RFC 9260 section 6.2) and takes more all
the same; and it walks through all pieces of a message with each new one.
"""

import logging

from aiortc.rtcsctptransport import DataChunk, RTCSctpTransport

from agent.core.errors import MediaError

UNFINISHED_LIMIT_BYTES = 256 * 1024
"""Of all messages whose end has not come; the longest that is taken has 16 KiB."""
UNFINISHED_LIMIT_PIECES = 1_024
"""Of one stream; loss on a long line holds some dozens back."""
STREAM_LIMIT = 64
"""Each channel is one; a page has one."""
_PRIVATE_PARTS = ("_advertised_rwnd", "_inbound_streams", "_get_inbound_stream", "_receive_data_chunk")

logger = logging.getLogger(__name__)

_receive_unbounded = RTCSctpTransport._receive_data_chunk
_WINDOW_BYTES = 1024 * 1024
"""What aiortc begins to count down from."""


async def _receive_bounded(self: RTCSctpTransport, chunk: DataChunk) -> None:
    """Ends the association of who sends more than anybody has reason to; their call goes on without a channel."""
    if self._association_state is self.State.CLOSED:
        return
    unfinished_bytes = _WINDOW_BYTES - self._advertised_rwnd
    pieces = len(self._get_inbound_stream(chunk.stream_id).reassembly)
    streams = len(self._inbound_streams)
    if unfinished_bytes > UNFINISHED_LIMIT_BYTES or pieces > UNFINISHED_LIMIT_PIECES or streams > STREAM_LIMIT:
        logger.warning("a data channel was closed: %d bytes of messages without an end", unfinished_bytes)
        await self._abort()
        self._set_state(self.State.CLOSED)
        self._inbound_streams.clear()
        return
    await _receive_unbounded(self, chunk)


def bound_channels() -> None:
    """From now on, for every connection; calling it again changes nothing.

    Raises `MediaError` when the installed aiortc has not the parts that this was written against.
    """
    attributes = RTCSctpTransport.__init__.__code__.co_names
    missing = [part for part in _PRIVATE_PARTS if part not in attributes and not hasattr(RTCSctpTransport, part)]
    if missing:
        raise MediaError(f"aiortc's data channels have no {missing[0]}; install the locked version with `uv sync`")
    RTCSctpTransport._receive_data_chunk = _receive_bounded  # type: ignore[method-assign]
