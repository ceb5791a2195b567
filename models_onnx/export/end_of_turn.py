"""Take smart-turn v3.2 and its licence, unchanged, out of the pipecat-ai wheel.

python models_onnx/export/end_of_turn.py --wheel pipecat_ai-1.14.0-py3-none-any.whl --out models_onnx/speech
"""

import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np
from parity import cpu_ms, open_session

MODEL = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
LICENCE = "pipecat_ai-1.14.0.dist-info/licenses/LICENSE"
FEATURES = (1, 80, 800)
"""One picture of the last eight seconds: Whisper log-mel, 80 bands, 10 ms a column."""


def main() -> None:
    """Write the model and its licence, and check that it runs and answers with a probability."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True, help="pipecat-ai 1.14.0 wheel, as pip downloads it")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model and its licence")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    target = arguments.out / Path(MODEL).name
    with zipfile.ZipFile(arguments.wheel) as wheel:
        target.write_bytes(wheel.read(MODEL))
        (arguments.out / "smart-turn-LICENSE.txt").write_bytes(wheel.read(LICENCE))

    session = open_session(target)
    feeds = {"input_features": np.random.default_rng(0).standard_normal(FEATURES).astype(np.float32)}
    answer = session.run(None, feeds)[0]
    if answer.shape != (1, 1) or not 0.0 <= float(answer[0, 0]) <= 1.0:
        raise SystemExit(f"{target} answered {answer}; expected one probability")
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    print(f"{target.name}: sha256 {digest}, {cpu_ms(session, feeds, runs=20):.1f} ms CPU")


if __name__ == "__main__":
    main()
