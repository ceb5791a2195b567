"""What the customer of one call sends beside voice and chat: the last pictures, in memory only, and voice notes."""

import secrets
from collections import OrderedDict
from collections.abc import Callable

from agent.app.agreement import Agreement
from agent.app.conversation import Conversation
from agent.core.consent import Purpose
from agent.media.shared_pictures import CleanPicture
from agent.transport.messages import SharedPicture

MOST_PICTURES = 12
"""Half a megabyte each, as a rule."""


class Attached:
    """Gone with its call; no picture is archived, logged or analysed. Belongs to the event loop."""

    def __init__(
        self,
        call_id: str,
        talk: Conversation,
        agreement: Agreement,
        *,
        shows_model: bool,
        language_for: Callable[[str], str],
        on_turn: Callable[[], None],
    ) -> None:
        """`shows_model`: a language model sees pictures. `language_for` tells the language in which speech of a locale
        is understood; `on_turn` is told of each note before it is answered."""
        self._call_id = call_id
        self._talk = talk
        self._agreement = agreement
        self.shows_model = shows_model
        self._language_for = language_for
        self._on_turn = on_turn
        self._pictures: OrderedDict[str, CleanPicture] = OrderedDict()

    def share_picture(self, picture: CleanPicture, *, for_model: str = "") -> str:
        """Shows a picture to who watches, and `for_model`, the same as a small JPEG in base64, to the model. The oldest
        goes where there are too many. Its id, which nobody can guess."""
        picture_id = secrets.token_hex(8)
        self._pictures[picture_id] = picture
        if len(self._pictures) > MOST_PICTURES:
            self._pictures.popitem(last=False)
        self._talk.picture(
            SharedPicture(
                call_id=self._call_id,
                id=picture_id,
                url=f"/api/calls/{self._call_id}/pictures/{picture_id}",
                width_px=picture.width_px,
                height_px=picture.height_px,
            ),
            for_model=for_model,
        )
        return picture_id

    def picture(self, picture_id: str) -> CleanPicture | None:
        return self._pictures.get(picture_id)

    def note_language(self) -> str:
        """That voice notes are understood in. Raises `ConsentMissing` where the customer's speech is not read."""
        consent = self._agreement.consent
        consent.require(Purpose.SPEECH)
        return self._language_for(consent.locale)

    def take_note(self, words: str) -> None:
        """The customer said something by a recording."""
        self._on_turn()
        self._talk.note(words)
