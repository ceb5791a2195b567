"""`agent call`: a headless customer, to try a running agent from a terminal."""

import asyncio
import logging
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.app.customer import (
    CallTicket,
    Customer,
    CustomerReport,
    leave_line,
    link_parts,
    open_call,
    open_call_in_turn,
)
from agent.app.given import agent_address
from agent.app.printing import JsonFlag, console, print_json
from agent.app.whole_file import whole_file
from agent.core.consent import Choice
from agent.core.errors import AtCapacity, MediaError
from agent.media.clips import ClipSource, FrameSource, read_speech

SPEAKS_AFTER_GREETING_S = 0.5
GREETING_WITHIN_S = 8.0


def register(app: typer.Typer) -> None:
    app.command("call")(call)


def call(
    url: Annotated[
        str, typer.Option(help="Address of the agent, or a customer's link.", callback=agent_address)
    ] = "http://127.0.0.1:8080",
    video: Annotated[
        Path | None,
        typer.Option(help="Clip to show as camera, over and over; none sends no picture.", exists=True, dir_okay=False),
    ] = None,
    audio: Annotated[
        Path | None,
        typer.Option(
            help="Recording of speech, said once after the agent's greeting; none says nothing.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to stay on the line.", min=1)] = 15,
    choice: Annotated[
        Choice, typer.Option(help="What the customer agrees to: all analysis, or all but emotion.")
    ] = Choice.AGREE,
    save_audio: Annotated[
        Path | None, typer.Option(help="Write what was heard of the agent here, as WAV.", dir_okay=False)
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait in line while all lines are busy.")] = False,
    relayed: Annotated[bool, typer.Option("--relayed", help="Only through the agent's TURN server.")] = False,
    json: JsonFlag = False,
) -> None:
    """Calls a running agent as a customer's browser would, shows it a clip, says something, and reports what came back
    and how late."""
    frames = ClipSource(video) if video is not None else None
    with whole_file(save_audio) if save_audio is not None else nullcontext() as heard:
        report = asyncio.run(_call(url, frames, audio, seconds, choice, heard, wait=wait, relayed=relayed))
    if json:
        print_json(report)
    else:
        _show(report)


async def _call(
    url: str,
    frames: FrameSource | None,
    audio: Path | None,
    seconds: float,
    choice: Choice,
    save_audio: Path | None,
    *,
    wait: bool,
    relayed: bool,
) -> CustomerReport:
    speech = read_speech(audio, seconds=seconds) if audio is not None else None
    url, token = link_parts(url)
    if wait:
        ticket = await open_call_in_turn(url, choice, on_position=_say_position, customer=token)
    else:
        ticket = await _open_call_now(url, choice, token)
    customer = Customer(url, ticket, frames=frames, relayed=relayed)
    speech_end_ns: int | None = None
    began_s = time.monotonic()
    async with customer.caller.call() as caller:
        try:
            async with asyncio.timeout(seconds):
                if speech is not None:
                    await _greeted(customer)
                    speech_end_ns = await caller.say(speech)
                await caller.ended.wait()
                raise MediaError("the agent ended the call early; its log says why")
        except TimeoutError:
            pass
        sent = await caller.report()
    if save_audio is not None:
        customer.caller.recording.save(save_audio)
    return customer.report(sent, seconds=time.monotonic() - began_s, speech_end_ns=speech_end_ns)


async def _open_call_now(url: str, choice: Choice, token: str | None) -> CallTicket:
    try:
        return await open_call(url, choice, customer=token)
    except AtCapacity as error:
        await leave_line(url, error.place)
        raise AtCapacity(
            f"all lines at {url} are busy; call again in {error.retry_after_s} s, or wait in line with --wait",
            retry_after_s=error.retry_after_s,
        ) from None


def _say_position(position: int) -> None:
    logging.getLogger(__name__).info("all lines are busy; number %d in line", position)


async def _greeted(customer: Customer) -> None:
    """Waits until the agent has said its greeting, or for as long as a patient person would."""
    spoke = asyncio.Event()
    customer.on_agent_silent = spoke.set
    try:
        async with asyncio.timeout(GREETING_WITHIN_S):
            await spoke.wait()
    except TimeoutError:
        return
    await asyncio.sleep(SPEAKS_AFTER_GREETING_S)


def _show(report: CustomerReport) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("call", f"{report.call_id}, {report.seconds} s, analysed: {', '.join(report.purposes)}")
    table.add_row("connected in", f"{report.connected_ms:.0f} ms, round trip {_ms(report.rtt_ms)}")
    table.add_row("first heard after", _ms(report.first_sound_ms))
    table.add_row("reply heard after", f"{_ms(report.reply_after_ms)} from the end of speech")
    table.add_row("sent", f"{report.frames_sent} frames, {report.video_bytes} bytes; sound {report.audio_bytes} bytes")
    table.add_row("understood", " / ".join(report.customer_said) or "nothing")
    table.add_row("answered", " / ".join(report.agent_said) or "nothing")
    table.add_row("cards", ", ".join(report.cards) or "none")
    console.print(table)


def _ms(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} ms"
