"""The supervisors' WebSocket: the list of calls, and everything of the one call that is watched."""

import asyncio
import time
from collections.abc import Callable

import msgspec
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from agent.core.clock import NS_PER_S
from agent.transport.hub import Hub, SubscriberTooSlow, Subscription
from agent.transport.messages import Fault, FromSupervisor, Unwatch, Watch

TRY_AGAIN_LATER = 1013
POLICY_VIOLATION = 1008
MAX_MESSAGE_BYTES = 4096

_decoder = msgspec.json.Decoder(FromSupervisor)


Delivered = Callable[[float], None]
"""Told of each message how many seconds after its publication the connection had taken it."""


def supervisor_router(hub: Hub, delivered: Delivered = lambda seconds: None) -> APIRouter:
    """The route `/ws/supervisor`, for pages of this origin only."""
    router = APIRouter()

    @router.websocket("/ws/supervisor")
    async def supervise(socket: WebSocket) -> None:
        if not _same_origin(socket):
            await socket.close(POLICY_VIOLATION, "this page may not watch calls")
            return
        await socket.accept()
        subscription = hub.subscribe()
        try:
            await _serve(socket, hub, subscription, delivered)
        finally:
            hub.unsubscribe(subscription)

    return router


async def _serve(socket: WebSocket, hub: Hub, subscription: Subscription, delivered: Delivered) -> None:
    """Sends and receives until either side ends; whichever ends first stops the other."""
    async with asyncio.TaskGroup() as tasks:
        sender = tasks.create_task(_send(socket, hub, subscription, delivered))
        try:
            await _receive(socket, hub, subscription)
        finally:
            sender.cancel()


async def _send(socket: WebSocket, hub: Hub, subscription: Subscription, delivered: Delivered) -> None:
    outbox = subscription.outbox
    try:
        while True:
            message = await outbox.take()
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_text(message)
            delivered((time.monotonic_ns() - outbox.published_ns) / NS_PER_S)
    except SubscriberTooSlow:
        hub.let_go += 1
        await socket.close(TRY_AGAIN_LATER, "too slow to follow; connect again")
    except (WebSocketDisconnect, RuntimeError):
        return  # the socket closed under the send; the receiving side ends this connection


async def _receive(socket: WebSocket, hub: Hub, subscription: Subscription) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        raw = message.get("text") or message.get("bytes") or ""
        fault = _obey(raw, hub, subscription)
        if fault is not None:
            subscription.outbox.put_event(msgspec.json.encode(Fault(message=fault)).decode())


def _obey(raw: str | bytes, hub: Hub, subscription: Subscription) -> str | None:
    """Does what a message asks; returns what is wrong with it, if anything is."""
    if len(raw) > MAX_MESSAGE_BYTES:
        return f"a message holds at most {MAX_MESSAGE_BYTES} bytes"
    try:
        wish = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"not a message of this protocol: {error}"
    match wish:
        case Watch(call_id=call_id, pictures=pictures, traces=traces):
            if call_id not in {call.call_id for call in hub.calls()}:
                return f"there is no call {call_id[:64]}; it may have ended"
            hub.watch(subscription, call_id, pictures=pictures, traces=traces)
        case Unwatch():
            subscription.watching = None
    return None


def _same_origin(socket: WebSocket) -> bool:
    """Browsers name the page's origin; a page of another site must not listen in. Programs send none."""
    origin = socket.headers.get("origin")
    return origin is None or origin.partition("://")[2] == socket.headers.get("host")
