"""Settings of what customers are asked for, and of who answers for it."""

from pydantic import Field

from agent.core.consent import Asked
from agent.core.settings.section import Section


class PrivacySettings(Section):
    emotion: bool = True
    """False: nobody is asked for the analysis of emotion, no face is looked for, and its models are not loaded."""
    replay: bool = False
    """True: the notice asks, unticked, whether the points of face and hands may be kept for `retention.tracks_days`."""
    recording: bool = False
    """True: the notice asks, unticked, whether picture and sound may be recorded and kept, encrypted, for
    `retention.recordings_days`."""
    smallest_group: int = Field(5, ge=2, le=1_000)
    """Figures of emotion are shown for groups of calls of at least so many people."""
    training: bool = False
    """True: the notice asks, unticked, whether the agent may learn from what staff noted about moments of the call."""
    controller: str | None = Field(None, max_length=200)
    """Who answers for the data (GDPR Art. 4(7)), as the notice and `agent privacy` name them."""
    contact: str | None = Field(None, max_length=200)
    """Where customers turn to about their data: an e-mail address, or that of a page."""
    receipt_hours: int = Field(24, ge=1, le=24 * 7)
    """For so long after a call began may its page say how it was, and download or delete what was kept of it."""

    def asked(self, *, emotion: bool = True) -> Asked:
        """What the notice asks for; `emotion` is false where a business wants none of it for its own customers."""
        return Asked(
            emotion=self.emotion and emotion, replay=self.replay, recording=self.recording, training=self.training
        )
