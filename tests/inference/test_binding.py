"""Runs on memory laid out once give what plain runs give, for every number of rows; here on the processor."""

import numpy as np
import pytest

from agent.core.settings import ModelSettings
from agent.inference.binding import Array, BoundRuns
from agent.inference.registry import ModelEntry, Registry
from agent.inference.sessions import open_session

REGISTRY = Registry.load(ModelSettings().folder)
IN_BATCHES = [entry.name for entry in REGISTRY.entries if entry.gpu == "batches"]


def rows_for(entry: ModelEntry, count: int) -> list[list[Array]]:
    """Noise in the shapes and dtypes of the model's inputs."""
    random = np.random.default_rng(7)
    return [
        [random.integers(0, 256, (1, *tensor.shape[1:]), np.uint8).astype(tensor.dtype) for tensor in entry.inputs]  # type: ignore[arg-type]
        for _ in range(count)
    ]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", IN_BATCHES)
def test_a_batch_says_what_its_rows_say_alone(name: str) -> None:
    """Batches of 1 to 5, padded to 1, 2, 4 and 8, agree with single runs up to rounding, row by row."""
    entry = REGISTRY.entry(name)
    session = open_session(REGISTRY.path(name))
    bound = BoundRuns(session, entry.inputs, entry.outputs, most=8, device="cpu")
    rows = rows_for(entry, 5)
    alone = [session.run(None, {entry.inputs[0].name: row[0]}) for row in rows]
    for count in range(1, 6):
        for said, expected in zip(bound.run(rows[:count]), alone, strict=False):
            for output, wanted in zip(said, expected, strict=True):
                assert output.shape == wanted.shape
                np.testing.assert_allclose(output, wanted, atol=1e-4 * max(1.0, float(np.abs(wanted).max())))


def test_results_are_the_callers_to_keep() -> None:
    """The next run writes over the memory that results were read from, not over the results."""
    entry = REGISTRY.entry("face_landmark")
    bound = BoundRuns(open_session(REGISTRY.path("face_landmark")), entry.inputs, entry.outputs, most=2, device="cpu")
    first, second = rows_for(entry, 2)
    (kept,) = bound.run([first])
    before = kept[0].copy()
    (other,) = bound.run([second])
    np.testing.assert_array_equal(kept[0], before)
    assert not np.array_equal(other[0], before)
