"""Writes a transcription in the forms that OpenAI's API names: json, text, srt, vtt, verbose_json."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse, PlainTextResponse

from agent.transport.scribe import Segment, Transcription


class Form(StrEnum):
    JSON = "json"
    TEXT = "text"
    SRT = "srt"
    VTT = "vtt"
    VERBOSE_JSON = "verbose_json"


def written(transcription: Transcription, form: Form, *, segments: bool = True, words: bool = False) -> Response:
    """The answer that carries `transcription` in `form`; `segments` and `words` choose what verbose_json lists."""
    match form:
        case Form.JSON:
            return JSONResponse({"text": transcription.text})
        case Form.TEXT:
            return PlainTextResponse(transcription.text + "\n")
        case Form.SRT:
            return PlainTextResponse("".join(_srt(transcription.segments)))
        case Form.VTT:
            return PlainTextResponse("WEBVTT\n\n" + "".join(_vtt(transcription.segments)), media_type="text/vtt")
        case Form.VERBOSE_JSON:
            return JSONResponse(_verbose(transcription, segments=segments, words=words))


def _srt(segments: tuple[Segment, ...]) -> Iterator[str]:
    for number, segment in enumerate(segments, start=1):
        yield f"{number}\n{_time(segment.start_s, ',')} --> {_time(segment.end_s, ',')}\n{segment.text}\n\n"


def _vtt(segments: tuple[Segment, ...]) -> Iterator[str]:
    for segment in segments:
        # An arrow within the words would be read as another cue, and markup as such (WebVTT, section 3).
        text = segment.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"{_time(segment.start_s, '.')} --> {_time(segment.end_s, '.')}\n{text}\n\n"


def _verbose(transcription: Transcription, *, segments: bool, words: bool) -> dict[str, Any]:
    """Tokens are not told; everything else is as OpenAI describes it."""
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": transcription.language,
        "duration": round(transcription.duration_s, 3),
        "text": transcription.text,
    }
    if words:
        answer["words"] = [
            {"word": word.text, "start": round(word.start_s, 3), "end": round(word.end_s, 3)}
            for segment in transcription.segments
            for word in segment.words
        ]
    if segments:
        answer["segments"] = [_segment(number, segment) for number, segment in enumerate(transcription.segments)]
    return answer


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    return {
        "id": number,
        "seek": round(segment.start_s * 100),
        "start": round(segment.start_s, 3),
        "end": round(segment.end_s, 3),
        "text": segment.text,
        "tokens": [],
        "temperature": segment.temperature,
        "avg_logprob": segment.mean_token_logprob,
        "compression_ratio": segment.compression_ratio,
        "no_speech_prob": segment.no_speech_prob,
    }


def _time(seconds: float, point: str) -> str:
    whole_ms = round(seconds * 1_000)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1_000:02}{point}{ms % 1_000:03}"
