"""Follows frames of a call on a running agent, as a supervisor does, until the ones that were asked for are whole."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException

from agent.core.errors import CallNotFound, MediaError
from agent.core.signals import Signal, kind_of
from agent.transport.messages import Caption
from agent.transport.supervisor_messages import (
    CallList,
    CallSummary,
    Fault,
    FrameTrace,
    SignalMessage,
    SupervisorCaption,
    ToSupervisor,
    Watch,
)

LATEST = "latest"
REMEMBERED = 1_800
"""Frames that a later reply may still name: two minutes at 15 a second."""

_decoder = msgspec.json.Decoder(ToSupervisor)


class SeenSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal that reached us, without what it says."""

    seq: int
    kind: str
    valid: bool
    after_ms: float
    """From the frame's capture until it was here, by the agent's clock and ours: one clock on one machine."""


class ReplySeen(msgspec.Struct, frozen=True, kw_only=True):
    """A reply that names signals of the frame."""

    id: str
    text: str
    because: tuple[str, ...]
    after_ms: float
    """From the frame's capture until the caption was here."""


class FrameLife(msgspec.Struct, kw_only=True):
    """One frame from its capture to us, and on to the reply that it shaped."""

    trace: FrameTrace
    signals: tuple[SeenSignal, ...]
    """Those of its signals that came; a state that a newer frame's replaced on the way is missing."""
    reply: ReplySeen | None = None


@dataclass(slots=True)
class Follower:
    """One watched call, as its messages come in. Knows no network, so that a test can be one."""

    now_s: Callable[[], float] = time.time
    lives: OrderedDict[int, FrameLife] = field(default_factory=OrderedDict)
    """By frame id, the latest `REMEMBERED`."""
    shaped: FrameLife | None = None
    """The frame that shaped the latest reply which names one."""
    _signals: OrderedDict[int, list[tuple[Signal, float]]] = field(default_factory=OrderedDict)
    _frame_of_seq: OrderedDict[int, int] = field(default_factory=OrderedDict)

    def take(self, message: ToSupervisor) -> FrameLife | None:
        """One message; the life that it completes, if it does."""
        match message:
            case SignalMessage(signal=signal) if signal.frame_id >= 0:
                self._signals.setdefault(signal.frame_id, []).append((signal, self.now_s()))
                _limit(self._signals)
            case FrameTrace():
                return self._finish(message)
            case SupervisorCaption(caption=caption):
                self._reply(caption)
        return None

    def _finish(self, trace: FrameTrace) -> FrameLife:
        ours = {reference.seq for reference in trace.signals}
        life = FrameLife(
            trace=trace,
            signals=tuple(
                SeenSignal(
                    seq=signal.seq,
                    kind=kind_of(signal),
                    valid=signal.valid,
                    after_ms=(at_s - trace.captured_at) * 1_000,
                )
                for signal, at_s in self._signals.pop(trace.frame_id, [])
                if signal.seq in ours
            ),
        )
        self.lives[trace.frame_id] = life
        self._frame_of_seq.update(dict.fromkeys(ours, trace.frame_id))
        _limit(self.lives)
        while self._frame_of_seq and next(iter(self._frame_of_seq.values())) < next(iter(self.lives)):
            self._frame_of_seq.popitem(last=False)
        return life

    def _reply(self, caption: Caption) -> None:
        """Of all the frames that a reply names, the last is the one that made the difference."""
        frames = [self._frame_of_seq[seq] for seq in caption.because_seqs if seq in self._frame_of_seq]
        if caption.speaker != "agent" or not caption.final or not frames:
            return
        life = self.lives[max(frames)]
        life.reply = ReplySeen(
            id=caption.id,
            text=caption.text,
            because=caption.because,
            after_ms=(self.now_s() - life.trace.captured_at) * 1_000,
        )
        self.shaped = life


async def follow(
    url: str, call: str, *, frames: int, until_reply: bool, within_s: float, key: str | None = None
) -> list[FrameLife]:
    """The next `frames` frames of a call, or with `until_reply` the one that shaped the next reply which names one.

    `call` is an id, the beginning of one, or "latest"; `key` is one of the agent's `identity.keys`. Gives fewer frames
    when time is up or the call ends. Raises `MediaError` when no agent answers or it lets nobody in with this key,
    `CallNotFound` naming the live calls when it is none of them.
    """
    address = f"{url.rstrip('/')}/ws/supervisor".replace("http", "ws", 1)
    follower = Follower()
    lives: list[FrameLife] = []
    async with _Line(address, key) as socket:
        watched = choose(call, await _live_calls(socket))
        wish = Watch(call_id=watched.call_id, pictures=False, traces=True)
        await socket.send(msgspec.json.encode(wish).decode())
        try:
            async with asyncio.timeout(within_s):
                async for raw in socket:
                    message = _decoder.decode(raw)
                    if isinstance(message, Fault):
                        raise CallNotFound(message.message)
                    if isinstance(message, CallList) and watched.call_id not in _ids(message.calls):
                        break
                    life = follower.take(message)
                    if until_reply:
                        if follower.shaped is not None:
                            return [follower.shaped]
                    elif life is not None:
                        lives.append(life)
                        if len(lives) == frames:
                            break
        except TimeoutError:
            pass
    return lives


def choose(call: str, calls: Sequence[CallSummary]) -> CallSummary:
    """The live call that is meant. Raises `CallNotFound`."""
    if not calls:
        raise CallNotFound("no call is going on; open the customer page, or run `agent call`")
    if call == LATEST:
        return max(calls, key=lambda one: one.started_at)
    meant = [one for one in calls if one.call_id.startswith(call)]
    if len(meant) != 1:
        which = "no live call begins" if not meant else "several live calls begin"
        raise CallNotFound(f"{which} with {call}; there are: {', '.join(_ids(calls))}")
    return meant[0]


async def _live_calls(socket: ClientConnection) -> tuple[CallSummary, ...]:
    while not isinstance(message := _decoder.decode(await socket.recv()), CallList):
        pass
    return message.calls


def _ids(calls: Sequence[CallSummary]) -> list[str]:
    return [call.call_id for call in calls]


class _Line:
    """A supervisor's connection, whose faults are said in one sentence, those of its sudden end included."""

    def __init__(self, address: str, key: str | None) -> None:
        self._address = address
        self._shown = {} if key is None else {"Authorization": f"Bearer {key}"}

    async def __aenter__(self) -> ClientConnection:
        try:
            self._socket = await connect(
                self._address, max_size=None, compression=None, proxy=None, additional_headers=self._shown
            )
        except InvalidStatus as refusal:
            raise MediaError(
                f"the agent at {self._address} lets nobody in with this key, or none ({refusal.response.status_code}); "
                "give --key-file with a key whose role is supervisor or engineer"
            ) from None
        except (OSError, InvalidURI, WebSocketException) as error:
            raise MediaError(
                f"no agent answers at {self._address} ({type(error).__name__}); is `agent serve` running?"
            ) from None
        return self._socket

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()
        if isinstance(error, WebSocketException):
            raise MediaError(f"the agent at {self._address} broke the connection off ({error})") from None


def _limit(kept: OrderedDict[int, Any]) -> None:
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
