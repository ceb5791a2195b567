"""What a customer sends beside voice and chat: a note is their words, pictures go to people and to models that see."""

import numpy as np
import pytest

from agent.app.attached import MOST_PICTURES, Attached
from agent.core.consent import Choice, Purpose, consent_for
from agent.core.errors import ConsentMissing
from agent.dialogue.pictures import CANNOT_SEE, SHOWN
from agent.dialogue.protocol import LONGEST_PICTURE, Chat
from agent.media.shared_pictures import CleanPicture, redrawn, small
from agent.transport.messages import Caption, SharedPicture
from tests.app.test_conversation import talking
from tests.pictures_sent import encoded, two_halves

PICTURE = SharedPicture(call_id="call", id="p1", url="/api/calls/call/pictures/p1", width_px=90, height_px=60)


async def test_the_words_of_a_note_are_the_customers() -> None:
    """The page, which does not know them yet, shows them; they are kept, and asked of the engine."""
    async with talking() as talk:
        talk.conversation.note("My parcel has not come")
        await talk.until(lambda: talk.engine.of(Chat))
        shown = [message for message in talk.page.shown if isinstance(message, Caption)]
        assert [(caption.speaker, caption.text) for caption in shown] == [("customer", "My parcel has not come")]
        (asked,) = talk.engine.of(Chat)
        assert asked.text == "My parcel has not come"
        assert talk.notebook.said == ["My parcel has not come"]


async def test_a_picture_that_no_model_sees_is_told_so() -> None:
    """The agent says that a colleague can see it; the engine, which cannot, is asked nothing."""
    async with talking() as talk:
        talk.conversation.picture(PICTURE)
        await talk.until(lambda: any(caption.text == CANNOT_SEE["en"] for caption in talk.captions))
        assert talk.engine.of(Chat) == []


async def test_a_model_that_sees_is_asked_with_the_picture() -> None:
    """As a line of the customer's, with the picture; the agent adds nothing of its own."""
    async with talking() as talk:
        talk.conversation.picture(PICTURE, for_model="/9j/")
        await talk.until(lambda: talk.engine.of(Chat))
        (asked,) = talk.engine.of(Chat)
        assert (asked.text, asked.picture, asked.turn) == (SHOWN["en"], "/9j/", 1)
        assert talk.captions == []


async def test_while_a_person_has_the_call_the_agent_says_nothing_of_a_picture() -> None:
    """They can see it themselves."""
    async with talking() as talk:
        talk.conversation.staff.take_over()
        talk.conversation.picture(PICTURE, for_model="/9j/")
        assert talk.captions == []
        assert talk.engine.of(Chat) == []


async def test_the_last_pictures_are_held() -> None:
    """A bounded number, the newest; an id that is none finds nothing."""
    async with talking() as talk:
        attached = Attached(
            "call",
            talk.conversation,
            Agreed(),  # type: ignore[arg-type]
            shows_model=False,
            language_for=lambda locale: locale[:2],
            on_turn=lambda: None,
        )
        ids = [
            attached.share_picture(CleanPicture(jpeg=bytes([number]), width_px=8, height_px=8))
            for number in range(MOST_PICTURES + 2)
        ]
        held = [attached.picture(picture_id) for picture_id in ids]
        assert held[:2] == [None, None] and attached.picture("p1") is None
        assert [one.jpeg for one in held[2:] if one is not None] == [bytes([at]) for at in range(2, MOST_PICTURES + 2)]
        assert attached.note_language() == "en"
        attached._agreement.consent = attached._agreement.consent.without(Purpose.SPEECH)
        with pytest.raises(ConsentMissing):
            attached.note_language()


class Agreed:
    """A customer who agreed to all."""

    consent = consent_for(Choice.AGREE, locale="en-GB", given_at=0.0)


@pytest.mark.parametrize("side_px", [64, 1_400])
def test_what_a_model_is_shown_fits_into_a_message(side_px: int) -> None:
    """However little a picture can be compressed, and as it is where it is small."""
    noise = np.random.default_rng(0).integers(0, 256, (side_px, side_px, 3), np.uint8)
    for pixels in (noise, two_halves()):
        made = small(redrawn(encoded(pixels, ".png")), most_bytes=LONGEST_PICTURE * 3 // 4)
        assert made.startswith(b"\xff\xd8\xff") and len(made) <= LONGEST_PICTURE * 3 // 4
