"""Check every ONNX model of the manifest against its entry and print what one run costs on one CPU thread.

Run it with the program's own environment, so that the figures are those of the ONNX Runtime that the program uses:

    python models_onnx/export/measure.py [NAME ...]

It prints a line a model (name, megabytes, median CPU milliseconds, sha256) and fails when a hash, an input or an output
is not what the manifest says. The figures go into the manifest by hand.
"""

import argparse
import hashlib
import importlib.util
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from parity import cpu_ms, open_session

ROOT = Path(__file__).resolve().parents[1]
FREE = {"n": 1, "tokens": 16, "windows": 1, "phonemes": 60, "frames": 64}
"""Sizes put in for dimensions that the manifest leaves free."""


def main() -> None:
    """Measure the models named on the command line, or all, or files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--file", type=Path, action="append", default=[], help="measure this file instead, on noise")
    arguments = parser.parse_args()
    for path in arguments.file:
        session = open_session(path)
        feeds = {
            tensor.name: sample({"shape": tensor.shape, "dtype": dtype(tensor)}) for tensor in session.get_inputs()
        }
        print(f"{path.name:32} {path.stat().st_size / 1e6:6.2f} MB {cpu_ms(session, feeds):8.2f} ms")
    if arguments.file:
        return
    names = arguments.names
    manifest = tomllib.loads((ROOT / "manifest.toml").read_text())
    for entry in manifest["model"]:
        if names and entry["name"] not in names:
            continue
        check_hashes(entry)
        if entry["format"] == "onnx":
            measure(entry)


def path_of(entry: dict[str, Any], file: dict[str, Any]) -> Path:
    """Where a file of the entry lies: below models_onnx/, or in the installed package's folder."""
    package = file.get("package", entry.get("package"))
    if package is None:
        return ROOT / file["path"]
    module = importlib.util.find_spec(package["module"])
    if module is None or module.origin is None:
        raise SystemExit(f"{entry['name']}: the package {package['distribution']} is not installed")
    return Path(module.origin).parent / file["path"]


def check_hashes(entry: dict[str, Any]) -> None:
    """Fail when a file of the entry is not the one that the manifest describes."""
    for file in entry["files"]:
        digest = hashlib.sha256(path_of(entry, file).read_bytes()).hexdigest()
        if digest != file["sha256"]:
            raise SystemExit(f"{entry['name']}: {file['path']} has sha256 {digest}, the manifest says {file['sha256']}")


def measure(entry: dict[str, Any]) -> None:
    """Print one line about an ONNX model; fail when its tensors are not those of the entry."""
    path = path_of(entry, entry["files"][0])
    weights = [path_of(entry, file).parent for file in entry["files"] if file.get("weights")]
    session = open_session(path.read_bytes(), weights=weights[0]) if weights else open_session(path)
    for kind, actual in (("inputs", session.get_inputs()), ("outputs", session.get_outputs())):
        said = [(tensor["name"], tensor["dtype"], len(tensor["shape"])) for tensor in entry[kind]]
        found = [(tensor.name, dtype(tensor), len(tensor.shape)) for tensor in actual]
        if said != found:
            raise SystemExit(f"{entry['name']}: the manifest says {kind} {said}, the file has {found}")
    feeds = {tensor["name"]: sample(tensor) for tensor in entry["inputs"]}
    megabytes = path.stat().st_size / 1e6
    print(f"{entry['name']:24} {megabytes:6.2f} MB {cpu_ms(session, feeds):8.2f} ms  {entry['files'][0]['sha256']}")


def dtype(tensor: ort.NodeArg) -> str:
    """NumPy's name of a tensor's element type."""
    name = tensor.type.removeprefix("tensor(").removesuffix(")")
    return {"float": "float32", "double": "float64"}.get(name, name)


def sample(tensor: dict[str, Any]) -> np.ndarray:
    """A plausible input of the entry's shape: noise, ones for integers, or the entry's own `sample`."""
    if "sample" in tensor:
        return np.array(tensor["sample"], tensor["dtype"])
    shape = [FREE[dim] if isinstance(dim, str) else dim for dim in tensor["shape"]]
    random = np.random.default_rng(0)
    if tensor["dtype"] == "uint8":
        return random.integers(0, 256, shape, dtype=np.uint8)
    if tensor["dtype"] == "int64":
        return np.ones(shape, np.int64)
    return random.standard_normal(shape).astype(np.float32) * 0.1


if __name__ == "__main__":
    main()
