"""A reply engine in 40 lines: it says back what it hears. Needs `pip install websockets`; `python echo.py 9000`."""

import asyncio
import json
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def converse(socket):
    said, taken_over = 0, False

    async def say(text, **more):
        nonlocal said
        said += 1
        await socket.send(json.dumps({"type": "say", "id": f"{socket.id.hex[:8]}-{said}", "text": text, **more}))

    try:
        await socket.send(json.dumps({"type": "hello", "protocol": 1, "engine": "echo"}))
        async for frame in socket:
            try:
                message = json.loads(frame)
                kind, text = message["type"], message.get("text", "")[:1_000]
            except (ValueError, TypeError, KeyError):
                continue  # whatever that was, the call goes on
            if kind == "call_started":
                await say("Welcome back." if message.get("resumed") else "Hello. I say back what I hear.")
            elif kind in ("taken_over", "resumed"):
                taken_over = kind == "taken_over"
            elif kind in ("utterance", "chat") and message.get("final", True) and text and not taken_over:
                await say(f"You said: {text}", in_reply_to=message.get("turn"))
    except ConnectionClosed:
        pass  # the agent comes back with `resumed`


async def main(port=9000):
    async with serve(converse, "127.0.0.1", port) as server:
        print(json.dumps({"port": next(iter(server.sockets)).getsockname()[1]}), flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9000))
