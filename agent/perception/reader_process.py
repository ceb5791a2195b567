"""Reads words in a process of its own, which is started again when it dies."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agent.core.clock import Clock, SystemClock
from agent.core.errors import ModelError
from agent.core.settings import HearingSettings
from agent.core.types import read_only
from agent.inference.model_process import Link, ModelProcess
from agent.inference.runtime import Opened, Runtime
from agent.perception.transcriber import Reader, not_read
from agent.perception.utterance import Answer, Request

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 60.0
"""Half a minute of sound is read in 3 s on a core of its own; a reader that takes this long hangs."""
_NO_SOUND = read_only(np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    answer: Answer
    runs: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    languages: frozenset[str]
    models: tuple[Opened, ...]


class ReaderProcess:
    """A `Reader` with an interpreter of its own. One thread at a time may use it; all of it blocks.

    What is being read when the process dies is not read; the next request starts the process anew.
    """

    def __init__(
        self,
        runtime: Runtime,
        settings: HearingSettings,
        clock: Clock,
        *,
        main: "Callable[[Link, Any], None] | None" = None,
    ) -> None:
        """Starts the process. Raises what `Reader.open` raises. `main` is what the process does."""
        self._process = ModelProcess("words", main or serve_reader, (runtime, settings))
        self._ready: _Ready = self._process.start()
        self._running = True
        self.runs: Mapping[str, int] = {}
        """How often each of `models` has run since the process began."""

    @property
    def languages(self) -> frozenset[str]:
        """That requests may be in."""
        return self._ready.languages

    @property
    def process_id(self) -> int | None:
        return self._process.process_id

    @property
    def models(self) -> tuple[Opened, ...]:
        """Those that the process has opened."""
        return self._ready.models

    def answers(self, request: Request) -> Iterator[Answer]:
        """As `Reader.answers`. Never raises."""
        try:
            if not self._running:
                self._process.start()
                self._running = True
            self._process.send(request)
            more = True
            while more:
                answered: _Answered = self._process.receive(ANSWERS_WITHIN_S)
                self.runs, more = answered.runs, answered.answer.more
                yield replace(answered.answer, request=request)
        except (OSError, ModelError) as error:
            log.error("call %s: utterance %d could not be read: %s", request.call_id, request.utterance_id, error)
            self._process.stop()
            self._running = False
            yield not_read(request, "its process ended")

    def close(self) -> None:
        """Ends the process."""
        self._process.stop()


def serve_reader(link: Link, setup: tuple[Runtime, HearingSettings]) -> None:
    """The process: answers requests until the link ends. The sound of a request does not travel back."""
    runtime, settings = setup
    reader = Reader.open(runtime, settings, SystemClock())
    link.send(_Ready(languages=reader.languages, models=tuple(runtime.report())))
    while True:
        request: Request = link.receive()
        for answer in reader.answers(request):
            silent = replace(answer, request=replace(request, samples=_NO_SOUND))
            link.send(_Answered(answer=silent, runs=dict(runtime.runs())))
