"""Reads the form that a program sends with a recording, field by field as OpenAI describes them."""

import re
from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from agent.core.errors import RequestRejected
from agent.transport.scribe import Wish
from agent.transport.subtitles import Form

LONGEST_PROMPT = 4_000
MODEL_NOT_FOUND = "model_not_found"

_LANGUAGE = re.compile("[a-z]{2,3}")
_TEMPERATURE = re.compile(r"0?\.\d+|[01](\.0*)?")
_GRANULARITIES = frozenset({"word", "segment"})
_TRUTHS = {"": False, "false": False, "0": False, "true": True, "1": True}

FIELDS = {
    "file": {"type": "string", "format": "binary"},
    **dict.fromkeys(("model", "language", "prompt"), {"type": "string"}),
    "response_format": {"type": "string", "enum": list(Form), "default": Form.JSON},
    "temperature": {"type": "number", "minimum": 0, "maximum": 1, "default": 0},
    "timestamp_granularities[]": {
        "type": "array",
        "items": {"type": "string", "enum": sorted(_GRANULARITIES)},
        "default": ["segment"],
    },
    "stream": {"type": "boolean", "default": False},
}
"""The form as JSON Schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a program wants of a recording."""

    file: UploadFile
    wish: Wish
    form: Form
    segments: bool
    """Whether verbose_json lists them; `wish.word_times` says the same of words."""
    stream: bool
    """Whether words are to come as they are read, as server-sent events."""


def asked(form: FormData, *, max_file_bytes: int, models: tuple[str, ...]) -> Asked:
    """What the fields ask for.

    Raises `RequestRejected` naming the one at fault, and `HTTPException` 413 for a file that is too large.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RequestRejected("send the recording as a form field named file", param="file")
    if (file.size or 0) > max_file_bytes:
        raise HTTPException(413)
    model = _field(form, "model") or models[0]
    if model not in models:
        raise RequestRejected(
            f"there is no model {model!r} here; GET /v1/models lists those that are",
            param="model",
            code=MODEL_NOT_FOUND,
        )
    answer_form = _field(form, "response_format") or Form.JSON
    if answer_form not in set(Form):
        raise RequestRejected(f"response_format is one of {', '.join(Form)}", param="response_format")
    granularities = _granularities(form, Form(answer_form))
    stream = _TRUTHS.get(_field(form, "stream").lower())
    if stream is None:
        raise RequestRejected("stream is true or false", param="stream")
    if stream and answer_form not in (Form.JSON, Form.TEXT):
        raise RequestRejected("a stream has plain words: response_format is json or text", param="stream")
    return Asked(
        file=file,
        wish=_wish(form, word_times="word" in granularities),
        form=Form(answer_form),
        segments="segment" in granularities,
        stream=stream,
    )


def _wish(form: FormData, *, word_times: bool) -> Wish:
    language = _field(form, "language").lower() or None
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise RequestRejected("language is an ISO 639-1 code such as en", param="language")
    prompt = _field(form, "prompt")
    if len(prompt) > LONGEST_PROMPT:
        raise RequestRejected(f"prompt holds at most {LONGEST_PROMPT} characters", param="prompt")
    temperature = _field(form, "temperature") or "0"
    if not _TEMPERATURE.fullmatch(temperature) or float(temperature) > 1:
        raise RequestRejected("temperature is a number from 0 to 1", param="temperature")
    return Wish(language=language, prompt=prompt, temperature=float(temperature), word_times=word_times)


def _granularities(form: FormData, answer_form: Form) -> frozenset[str]:
    found = frozenset(str(one) for one in form.getlist("timestamp_granularities[]")) or frozenset({"segment"})
    if not found <= _GRANULARITIES:
        raise RequestRejected("timestamp_granularities is word, segment or both", param="timestamp_granularities")
    if "word" in found and answer_form is not Form.VERBOSE_JSON:
        raise RequestRejected(
            "times of words are told in verbose_json only; set response_format to that", param="timestamp_granularities"
        )
    return found


def _field(form: FormData, name: str) -> str:
    """The text of a field, "" when it is absent. Raises `RequestRejected` for a file in its place."""
    value = form.get(name, "")
    if not isinstance(value, str):
        raise RequestRejected(f"{name} is text, not a file", param=name)
    return value.strip()
