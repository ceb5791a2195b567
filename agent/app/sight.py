"""What one call sees: its newest wanted frame is read, then the newest after that, as often as there is time for."""

from agent.app.accounts import CallAccounts
from agent.app.call_load import CallLoad
from agent.app.glimpses import Glimpses
from agent.app.journey import Moments
from agent.app.overlay import drawn_over
from agent.app.page import Page
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.app.track_recorder import TrackRecorder
from agent.core.budget import RATES, LadderState, Rates, Rung
from agent.core.clock import NS_PER_MS
from agent.core.frames import FrameOutcome
from agent.core.mailbox import Mailbox
from agent.core.types import CameraFrame, VisionReading
from agent.fusion.health import outcome_of
from agent.transport.messages import SendLess
from agent.transport.supervisor_messages import Overlay, PictureHeader, encode_picture

TIME_IS_SHORT = "paused, as time is short"


class Sight:
    """Belongs to the event loop. Frames are read while `watch` runs."""

    def __init__(
        self, call_id: str, senses: Senses, page: Page, accounts: CallAccounts, tracks: TrackRecorder, rooms: Rooms
    ) -> None:
        self._call_id = call_id
        self._tracks = tracks
        self._senses = senses
        self._page = page
        self._accounts = accounts
        self._rooms = rooms
        self._rates = RATES[Rung.FULL]
        self._camera_on = True
        self._glimpses = Glimpses(call_id, rooms.clock, rooms.hub)

    async def watch(self, frames: Mailbox[CameraFrame]) -> None:
        """Reads frames until `frames` is closed; never more than one at a time."""
        rooms = self._rooms
        load = rooms.load.open_call(
            self._call_id,
            replaced=lambda: frames.dropped,
            on_change=self._follow_ladder,
            on_fault=lambda fault: self._senses.report("camera", fault),
        )
        try:
            async for frame in frames:
                taken_ns = rooms.clock.now_ns()
                if not self._camera_on:
                    self._accounts.skip(frame, FrameOutcome.CAMERA_OFF)
                elif not load.wants(frame):
                    self._accounts.skip(frame, FrameOutcome.PAUSED)
                else:
                    await self._read(frame, taken_ns, load)
        finally:
            rooms.load.close_call(self._call_id)
            self._tracks.close()

    def camera(self, *, on: bool) -> None:
        """What the page says of its camera; one that is off may go on sending black pictures."""
        self._camera_on = on
        self._senses.camera(on=on and self._rates.frames_hz > 0, why_off=TIME_IS_SHORT if on else "camera off")

    async def _read(self, frame: CameraFrame, taken_ns: int, load: CallLoad) -> None:
        """Has one frame read, and tells everybody what came of it."""
        rooms = self._rooms
        budget_ns = round(rooms.settings.vision.deadline_ms * NS_PER_MS)
        preview = rooms.hub.pictured(self._call_id) or self._glimpses.wanted()
        reading = await rooms.vision.submit(self._call_id, frame, frame.stamp.arrived_ns + budget_ns, preview=preview)
        returned_ns = rooms.clock.now_ns()
        seen = self._senses.see(reading)
        published_ns = rooms.clock.now_ns()
        at = Moments(taken_ns=taken_ns, returned_ns=returned_ns, fused_ns=seen.fused_ns, published_ns=published_ns)
        load.came_back(reading, frame, published_ns)
        self._accounts.saw(frame, reading, seen.signals, at)
        self._tracks.see(reading)
        await self._show(reading)
        if self._tracks.due:
            await self._tracks.write()

    async def _show(self, reading: VisionReading) -> None:
        """Lets those who watch see what was read, with the picture or for the one that they get forwarded."""
        hub, now_ns, wall_ns = self._rooms.hub, self._rooms.clock.now_ns(), self._rooms.clock.wall_ns()
        if reading.preview_jpeg is not None:
            header = drawn_over(PictureHeader, reading, now_ns=now_ns, wall_ns=wall_ns)
            hub.publish_picture(self._call_id, encode_picture(header, reading.preview_jpeg))
            if self._glimpses.wanted():
                await self._glimpses.show(
                    frame_id=header.frame_id, captured_at=header.captured_at, jpeg=reading.preview_jpeg
                )
        if hub.overlaid(self._call_id) and outcome_of(reading) is FrameOutcome.ANALYSED:
            hub.publish_overlay(drawn_over(Overlay, reading, now_ns=now_ns, wall_ns=wall_ns))

    def _follow_ladder(self, state: LadderState) -> None:
        """Reads as much as the rung allows, asks the page for as much, and says so."""
        before, self._rates = self._rates, RATES[state.rung]
        self._rooms.vision.set_rates(self._call_id, self._rates)
        if self._asked(self._rates) != self._asked(before):
            self._page.show(self._asked(self._rates))
        if self._camera_on and (self._rates.frames_hz > 0) != (before.frames_hz > 0):
            self._senses.camera(on=self._rates.frames_hz > 0, why_off=TIME_IS_SHORT)
        self._senses.stands(state)

    def _asked(self, rates: Rates) -> SendLess:
        """What the page is asked for: what it was at first, or less."""
        media = self._rooms.settings.media
        return SendLess(
            fps=min(media.preferred_fps, rates.asked_fps or media.preferred_fps),
            width_px=min(media.preferred_width_px, rates.asked_width_px or media.preferred_width_px),
        )
