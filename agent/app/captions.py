"""What one call's page and those who watch it read of what is said."""

import msgspec

from agent.app.mouth import CutOff, Reply
from agent.app.page import Page
from agent.dialogue.protocol import Because
from agent.transport.hub import Hub
from agent.transport.messages import Caption

FOR_STAFF = frozenset({"coach", "flow", "tool", "tool_failed"})
"""Kinds of reasons for a reply that tell customers nothing, or of which they are not to know."""


class Captions:
    """Belongs to the event loop and never waits."""

    def __init__(self, call_id: str, page: Page, hub: Hub) -> None:
        self._call_id = call_id
        self._page = page
        self._hub = hub

    def show(self, caption: Caption) -> None:
        """To the customer and to those who watch."""
        self._page.show(caption)
        self.show_staff(caption)

    def show_staff(self, caption: Caption) -> None:
        """To those who watch alone."""
        self._hub.publish_caption(self._call_id, caption)

    def show_reply(self, reply: Reply) -> Caption:
        """A reply, with its reasons; the caption as those who watch get it."""
        self._page.show(_caption_of(reply, tuple(one for one in reply.because if one.kind not in FOR_STAFF)))
        told = tuple(reason.sentence for reason in reply.because)
        caption = msgspec.structs.replace(_caption_of(reply, reply.because), told_because=told)
        self.show_staff(caption)
        return caption

    def show_cut(self, cut_off: CutOff) -> None:
        """Of what was cut off, only what the customer can have heard stays."""
        text = f"{cut_off.heard_text} …".strip()
        self.show(Caption(id=cut_off.say_id, speaker="agent", text=text))
        for say_id in cut_off.unheard:
            self.show(Caption(id=say_id, speaker="agent", text=""))


def _caption_of(reply: Reply, because: tuple[Because, ...]) -> Caption:
    words = tuple(reason.words for reason in because)
    seqs = tuple(seq for reason in because for seq in reason.seqs)
    return Caption(
        id=reply.id, speaker="agent", text=reply.text, final=reply.complete, because=words, because_seqs=seqs
    )
