"""What translators are tried on: a chat endpoint on a real socket, and a small model on disk that knows no language."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import sentencepiece

Answer = Callable[[dict[str, Any]], bytes | None]
"""The body for a request; None hangs up."""


def completion(text: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


class FakeEndpoint:
    """Answers `POST /v1/chat/completions` as the test wants it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.url = ""


@contextmanager
def endpoint(answer: Answer) -> Iterator[FakeEndpoint]:
    fake = FakeEndpoint(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fake.asked.append(asked)
            fake.keys.append(self.headers.get("authorization"))
            body = fake.answer(asked)
            if body is None:
                self.close_connection = True
                return
            self.send_response(fake.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                return

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def slowly(seconds: float, text: str) -> Answer:
    def answer(asked: dict[str, Any]) -> bytes:
        time.sleep(seconds)
        return completion(text)

    return answer


def write_package(folder: Path, *, source: str, target: str, seed: int = 0) -> Path:
    """A package as Argos Translate unpacks one, with a tiny transformer of random weights: it runs, knowing nothing."""
    place = folder / f"{source}_{target}"
    (place / "model").mkdir(parents=True)
    (place / "metadata.json").write_text(json.dumps({"from_code": source, "to_code": target, "package_version": "1.9"}))
    words = [f"w{number} x{number * 7}" for number in range(60)]
    (place / "lines.txt").write_text("\n".join(words))
    sentencepiece.SentencePieceTrainer.train(
        input=str(place / "lines.txt"),
        model_prefix=str(place / "sentencepiece"),
        vocab_size=30,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    splitter = sentencepiece.SentencePieceProcessor(model_file=str(place / "sentencepiece.model"))
    pieces = [splitter.id_to_piece(number) for number in range(splitter.get_piece_size())]
    _random_transformer(pieces, seed).save(str(place / "model"))
    return place


def _random_transformer(pieces: list[str], seed: int) -> Any:
    spec = ctranslate2.specs.TransformerSpec.from_config(num_layers=1, num_heads=2)
    random, width, inner, size = np.random.default_rng(seed), 8, 16, len(pieces)

    def weights(*shape: int) -> Any:
        return random.standard_normal(shape).astype(np.float32)

    def linear(layer: Any, rows: int, columns: int) -> None:
        layer.weight, layer.bias = weights(rows, columns), np.zeros(rows, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def attention(layer: Any, *, own: bool) -> None:
        norm(layer.layer_norm)
        shapes = [3 * width, width] if own else [width, 2 * width, width]
        for part, rows in zip(layer.linear, shapes, strict=True):
            linear(part, rows, width)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, inner, width)
        linear(layer.linear_1, width, inner)

    spec.encoder.embeddings[0].weight = weights(size, width)
    spec.decoder.embeddings.weight = weights(size, width)
    for coder in (spec.encoder, spec.decoder):
        norm(coder.layer_norm)
        for layer in coder.layer:
            attention(layer.self_attention, own=True)
            feed_forward(layer.ffn)
    for layer in spec.decoder.layer:
        attention(layer.attention, own=False)
    linear(spec.decoder.projection, size, width)
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.config.unk_token, spec.config.bos_token, spec.config.eos_token = "<unk>", "<s>", "</s>"
    spec.validate()
    return spec
