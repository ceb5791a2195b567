"""How a peer of `benchmarks.peers` is called: one HTTP address for an offer, told on standard output."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

OFFER_PATH, CALL_PATH = "/offer", "/call"


async def serve(answer: Callable[[str], Awaitable[str]]) -> None:
    """Takes offers on a free port of this machine until standard input closes; `answer` turns one into an answer."""

    async def offer(request: web.Request) -> web.Response:
        text = await answer(await request.text())
        return web.Response(status=201, text=text, content_type="application/sdp", headers={"Location": CALL_PATH})

    async def hang_up(_: web.Request) -> web.Response:
        return web.Response(status=204)

    application = web.Application()
    application.add_routes([web.post(OFFER_PATH, offer), web.delete(CALL_PATH, hang_up)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()
