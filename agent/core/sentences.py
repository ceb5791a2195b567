"""Sentences that the agent writes for staff: in English, and with the code and values by which a page says them in its
own language.

A sentence without values needs no code: pages know it by its very words.
"""

from collections.abc import Mapping
from string import Formatter

import msgspec

Value = str | tuple[str, ...]

SENTENCES = {
    # What speaks for an alert.
    "low_affect": "affect low for {seconds} s, at least {percent}% sure each time",
    "misunderstood": "{count} requests in a row that the agent does not know",
    "held": "on hold for {seconds} s",
    "silence": "nobody spoke for {seconds} s",
    "packets_lost": "more than {percent}% of the customer's packets lost for {seconds} s",
    # What shaped a reply.
    "understood": "{means} ({percent}%)",
    "unsure": "unsure what is meant; the best guess is {intent} ({percent}%)",
    "answering": "{means}, and an answer to what was asked",
    "in_flow": "flow {intent}",
    "tool_said": "{tool} said {result}",
    "tool_failed": "{tool} said failed",
    "help_page": "the help page '{title}' ({percent}%)",
    "worded_by": "worded by the language model {model}",
    "worded_by_from": "worded by the language model {model}, from {tools:, }",
    "mood": "{mood} for {seconds} s, so {effect}",
    "situation": "{situation}, so {effect}",
    "situation_as": "{situation} ({sign:, }), so {effect}",
    "sign_answers": "{gesture} while a yes or no was awaited",
    "sign_ends": "{gesture} when nothing was left to answer",
    # What is wrong.
    "load": "{measure}, because {strain: and }",
    "few_frames": "few frames are analysed (fewer than {count} a second)",
    "threads_lost": "{count} of {threads} threads that read pictures work",
    "gpu_lost": "the GPU failed; now on the processor: {models}",
    "disk_refuses": "the disk does not take it ({error})",
    "not_recorded": "{tracks: and } cannot be recorded",
    "translation_late": "no translation came within {seconds} s",
    "no_voice": "there is no voice for the language {language}; the reply was shown as text",
    "browser_without_voice": "the customer's browser has no voice for {language}; the reply was shown as text",
    "kept_on_disk": "{why}; what happens is kept on disk until it does",
    "not_all_kept": "{why}, and the disk has no room; not all that happens is kept",
    "hearing_failed": "hearing failed: {error}",
    "activity_failed": "voice activity failed: {error}",
    "transcription_failed": "transcription failed: {error}",
}
"""By code, in English. What stands in braces is a value; those that are lists have what joins them after a colon."""


class Told(str):
    """One of `SENTENCES`, that remembers what it was made from for as long as nothing else is made of it.

    A plain string to whoever logs or compares it. What goes over a wire takes it as `Sentence`.
    """

    code: str
    values: Mapping[str, Value]


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the agent wrote for staff to read."""

    words: str
    """In English, where it is the agent's own."""
    code: str = ""
    """Of the sentence, by which a page knows it in its own language; empty where it has no values or is not the
    agent's."""
    values: dict[str, Value] = {}
    """What stands in it, by name: figures and names as they are written in `words`, and lists of them."""

    @property
    def told(self) -> str:
        """The words, which remember their code and values again."""
        return _remembering(self.words, self.code, self.values) if self.code else self.words


def sentence(words: str) -> Sentence:
    """With code and values where the words are `Told`."""
    return Sentence(words=str(words), code=code_of(words), values=values_of(words))


def code_of(words: str) -> str:
    return words.code if isinstance(words, Told) else ""


def values_of(words: str) -> dict[str, Value]:
    return dict(words.values) if isinstance(words, Told) else {}


def tell(code: str, **values: Value) -> Told:
    """The sentence of that code. Raises `KeyError` for a code or a value that is missing."""
    listed = {name: _List(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return _remembering(SENTENCES[code].format_map(listed), code, values)


def values_in(template: str) -> frozenset[str]:
    """The names of the values that stand in one of `SENTENCES`."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _remembering(words: str, code: str, values: Mapping[str, Value]) -> Told:
    told = Told(words)
    told.code, told.values = code, values
    return told


class _List(tuple[str, ...]):
    """Is written with what joins it as its format."""

    __slots__ = ()

    def __format__(self, between: str) -> str:
        return between.join(self)
