"""A real Chromium with test media for camera and microphone, and the real agent."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.media_made import OwnVoice, make_face_clip
from tests.serving import RunningAgent, running_agent

ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts"
"""Screenshots for people to look at; kept by CI, never committed."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


@pytest.fixture(scope="session")
def voice() -> OwnVoice:
    return OwnVoice()


@pytest.fixture(scope="session")
def face_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_face_clip(tmp_path_factory.mktemp("media") / "face.mjpeg")


@pytest.fixture(scope="session")
def artefacts() -> Path:
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


@asynccontextmanager
async def chromium(
    video: Path | None = None,
    audio: Path | None = None,
    *,
    devices_allowed: bool = True,
    resolve: str | None = None,
) -> AsyncIterator[Browser]:
    """A headless Chromium whose camera shows `video` over and over and whose microphone plays `audio` once.

    It grants camera and microphone to any page that asks, or refuses them unless `devices_allowed`. `resolve` is a name
    by which it finds this machine.
    """
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert executable is not None, "no Chromium on this machine; run `sh tests/install_browser.sh`"
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream" if devices_allowed else "--deny-permission-prompts",
        "--disable-features=WebRtcHideLocalIpsWithMdns",
        "--autoplay-policy=no-user-gesture-required",
    ]
    if resolve is not None:
        flags.append(f"--host-resolver-rules=MAP {resolve} 127.0.0.1")
    if video is not None:
        flags.append(f"--use-file-for-fake-video-capture={video}")
    if audio is not None:
        flags.append(f"--use-file-for-fake-audio-capture={audio}%noloop")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=flags)
        try:
            yield browser
        finally:
            await browser.close()
