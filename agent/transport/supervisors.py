"""The supervisors' WebSocket: the list of calls, and everything of the one call that is watched."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from agent.core.clock import NS_PER_S
from agent.core.errors import ProtocolError, StoreError
from agent.core.identity import Principal, Role
from agent.transport.auth import POLICY_VIOLATION, doorkeeper_of, require
from agent.transport.hub import Hub, Subscription
from agent.transport.outbox import SubscriberTooSlow
from agent.transport.reading import from_supervisor
from agent.transport.record import Record
from agent.transport.supervisor_messages import (
    Acknowledge,
    Fault,
    Glance,
    Unwatch,
    Watch,
)

TRY_AGAIN_LATER = 1013
MAX_MESSAGE_BYTES = 4096

Delivered = Callable[[float], None]
"""Told of each message how many seconds after its publication the connection had taken it."""


def supervisor_router(hub: Hub, delivered: Delivered, record: Record) -> APIRouter:
    """The route `/ws/supervisor`. Engineers get calls without what was felt or said in them, and times of frames.

    Looking at a call and seeing to an alert are first written down with `record`; where that fails, they are not done.
    """
    router = APIRouter()

    @router.websocket("/ws/supervisor")
    async def supervise(
        socket: WebSocket, principal: Annotated[Principal, require(Role.SUPERVISOR, Role.ENGINEER)]
    ) -> None:
        await socket.accept()
        subscription = hub.subscribe(technical=principal.role is Role.ENGINEER)

        async def obey(raw: str | bytes) -> str | None:
            return await _obey(raw, hub, subscription, principal, record)

        try:
            await _serve(socket, hub, subscription, delivered, obey, principal)
        finally:
            hub.unsubscribe(subscription)

    return router


Obey = Callable[[str | bytes], Awaitable[str | None]]
"""Does what a message asks; returns what is wrong with it, if anything is."""


async def _serve(
    socket: WebSocket, hub: Hub, subscription: Subscription, delivered: Delivered, obey: Obey, principal: Principal
) -> None:
    """Sends and receives until either side ends, or whoever watches may not any more."""
    async with asyncio.TaskGroup() as tasks:
        others = (
            tasks.create_task(_send(socket, hub, subscription, delivered)),
            tasks.create_task(_ask_again(socket, principal)),
        )
        try:
            await _receive(socket, subscription, obey)
        finally:
            for other in others:
                other.cancel()


async def _ask_again(socket: WebSocket, principal: Principal) -> None:
    """Closes the connection once its session is over; until then it is in use."""
    await doorkeeper_of(socket).until_unwelcome(principal)
    await socket.close(POLICY_VIOLATION, "signed out")


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


async def _receive(socket: WebSocket, subscription: Subscription, obey: Obey) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        raw = message.get("text") or message.get("bytes") or ""
        fault = await obey(raw)
        if fault is not None:
            subscription.outbox.put_event(msgspec.json.encode(Fault(message=fault)).decode())


async def _obey(
    raw: str | bytes, hub: Hub, subscription: Subscription, principal: Principal, record: Record
) -> str | None:
    if len(raw) > MAX_MESSAGE_BYTES:
        return f"a message holds at most {MAX_MESSAGE_BYTES} bytes"
    try:
        wish = from_supervisor(raw)
    except ProtocolError as error:
        return str(error)
    try:
        match wish:
            case Watch():
                return await _watch(wish, hub, subscription, principal, record)
            case Unwatch():
                subscription.watching = None
            case Glance(call_ids=call_ids):
                await _glance(call_ids, hub, subscription, principal, record)
            case Acknowledge(alert=alert_id):
                return await _acknowledge(alert_id, hub, principal, record)
    except StoreError:
        return "this is done only where it can be written down, and it cannot be now; try again"
    return None


async def _watch(wish: Watch, hub: Hub, subscription: Subscription, principal: Principal, record: Record) -> str | None:
    if wish.call_id not in {call.call_id for call in hub.calls()}:
        return f"there is no call {wish.call_id[:64]}; it may have ended"
    if subscription.watching != wish.call_id:
        await record(principal.name, "call.watched", wish.call_id)
    hub.watch(subscription, wish.call_id, pictures=wish.pictures, overlays=wish.overlays, traces=wish.traces)
    return None


async def _glance(
    call_ids: Sequence[str], hub: Hub, subscription: Subscription, principal: Principal, record: Record
) -> None:
    """A call that ended meanwhile is no mistake of who glances at many."""
    wanted = {call.call_id for call in hub.calls()}.intersection(call_ids)
    if principal.role is not Role.ENGINEER:
        for call_id in sorted(wanted - subscription.glances):
            await record(principal.name, "call.watched", call_id)
    hub.glance(subscription, wanted)


async def _acknowledge(alert_id: str, hub: Hub, principal: Principal, record: Record) -> str | None:
    if principal.role is Role.ENGINEER:
        return "alerts are seen to by supervisors"
    alert = hub.alert(alert_id)
    if alert is None:
        return "this alert has gone already"
    if alert.acknowledged_by is None:
        await record(principal.name, "alert.acknowledged", alert.call_id)
        hub.acknowledge(alert_id, by=principal.name, at_s=time.time())
    return None
