"""Decrypts the recording of a call into a file that players open."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from agent.app.kept_data import KeptData
from agent.core.errors import AgentError, StoreError
from agent.media.muxing import Muxed, endings_for, mux
from agent.storage.kept_recordings import KeptRecording, recordings_of
from agent.storage.recordings import RecordingReader, recordings_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRecording:
    out: Path
    muxed: Muxed
    broken: int
    """Pieces, of about a second each, that were altered or are missing."""
    whole: bool
    """Whether its end is there."""


async def write_recording(kept: KeptData, call_id: str, out: Path, *, choose_ending: bool = False) -> WrittenRecording:
    """Writes it to `out`, whose ending says of which form, or to which one is added that fits. What can be read is
    written, also of a damaged one.

    Raises `AgentError` for a call without a recording, `StoreError` for one whose key or file is gone or whose
    beginning is damaged, `NotMedia` for an ending that does not fit what it is encoded in.
    """
    found = await recordings_of(kept.engine, kept.keyring, call_id)
    if not found:
        raise AgentError(
            f"there is no recording of call {call_id!r}: none was agreed to, it was taken back or erased, its days are "
            "over, or this is not the whole id of a call"
        )
    folder = recordings_folder(kept.settings.storage)
    return await asyncio.to_thread(_written, folder, found[-1], out, choose_ending=choose_ending)


def in_words(written: WrittenRecording) -> str:
    """What was written, and what of it is missing."""
    said = [f"{written.muxed.seconds:.1f} s of picture and sound in {written.out}"]
    if written.broken:
        said.append(f"altered or missing, and so left out: {written.broken} of its pieces of about a second")
    if not written.whole:
        said.append("its end is missing: it was broken off, or cut off later")
    return "; ".join(said)


def _written(folder: Path, recording: KeptRecording, out: Path, *, choose_ending: bool) -> WrittenRecording:
    path = folder / recording.file
    if not path.is_file():
        raise StoreError(
            f"the recording {path} is not there; it lies in storage.recordings of the machine that carried the call"
        )
    reader = RecordingReader(path, recording.call_id, recording.key)
    if choose_ending:
        out = out.with_name(out.name + endings_for(reader.tracks)[0])
    try:
        # Nobody else on this machine may read it while it is written either; and what was there stays if it fails.
        with TemporaryDirectory(dir=out.parent) as private:
            unfinished = Path(private) / out.name
            muxed = mux(reader.tracks, reader.frames(), unfinished)
            unfinished.chmod(0o600)
            unfinished.replace(out)
    except (OSError, av.FFmpegError) as fault:
        raise StoreError(f"{out} cannot be written: {fault.strerror}") from None
    return WrittenRecording(out=out, muxed=muxed, broken=reader.broken, whole=reader.whole)
