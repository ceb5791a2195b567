"""Trains the expression network on FER2013 faces with FER+ votes; one process, one core, resumable at every epoch.

python -m agent.training.expression --data faces.npz --work folder --minutes 70
"""

import argparse
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.types import EXPRESSIONS
from agent.training.expression_network import ExpressionNetwork, mirrored_logits
from agent.training.face_augmentation import augment
from agent.training.faces import Faces, load_faces, majority, vote_distribution
from agent.training.pytorch import Tensor, functional, torch

log = logging.getLogger(__name__)

BATCH = 128
PEAK_RATE = 3e-3
WARM_UP = 0.08
"""Share of the run in which the learning rate rises; it then falls along a cosine."""
AVERAGE_DECAY = 0.998
"""Per step, of the exponential moving average of the weights, which is what is shipped."""
MIXUP_ALPHA = 0.3
MIXUP_UNTIL = 0.88
"""Share of the run after which faces are no longer mixed, so that the end sees faces as they come."""
SMOOTHING = 0.04
FER7_WEIGHT = 0.4
BALANCE = 0.4
"""Exponent by which rare expressions are drawn more often: 0 as they come, 1 all equally often."""


@dataclass(slots=True)
class Run:
    """Everything that a resumed run needs."""

    network: ExpressionNetwork
    average: ExpressionNetwork
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    spent_s: float = 0.0
    """CPU seconds used so far, which drive the schedule: a busy machine must not shorten the training."""

    def save(self, path: Path) -> None:
        """Writes the run beside `path` and moves it there, so that a crash never leaves half a file."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "spent_s": self.spent_s,
        }
        scratch = path.with_suffix(".part")
        torch.save(state, scratch)
        scratch.replace(path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch, self.spent_s = state["epoch"], state["spent_s"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What the two heads should say for each face of the training part."""

    ferplus: NDArray[np.float32]
    """(n, 8) shares of votes."""
    has_ferplus: NDArray[np.bool_]
    fer7: NDArray[np.int64]
    draw_prob: NDArray[np.float64]
    """(n,) chance of each face at each draw."""


def new_run() -> Run:
    """An untrained network, its average and its optimiser."""
    network = ExpressionNetwork().to(memory_format=torch.channels_last)
    average = ExpressionNetwork()
    average.load_state_dict(network.state_dict())
    return Run(network, average.eval(), torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, weight_decay=0.05))


def targets_of(faces: Faces) -> Targets:
    """Soft targets, and draws that show rare expressions more often than they occur."""
    assert faces.votes is not None and faces.fer7 is not None
    shares, usable = vote_distribution(faces.votes)
    label = np.where(usable, shares.argmax(axis=1), 0)
    counts = np.bincount(label[usable], minlength=len(EXPRESSIONS))
    weight = (counts[label].clip(min=1) / counts.max()) ** -BALANCE
    weight[~usable] = 0.3
    not_a_face = faces.votes.argmax(axis=1) == faces.votes.shape[1] - 1
    weight[not_a_face] = 0
    return Targets(ferplus=shares, has_ferplus=usable, fer7=faces.fer7, draw_prob=weight / weight.sum())


def train_epoch(run: Run, faces: Faces, targets: Targets, rng: np.random.Generator, budget_s: float) -> float:
    """As many draws as there are faces; returns the mean loss. Stops early when `budget_s` CPU seconds are spent."""
    run.network.train()
    drawn = rng.choice(len(faces), size=len(faces), p=targets.draw_prob)
    total, steps = 0.0, 0
    for start in range(0, len(drawn) - BATCH + 1, BATCH):
        progress = run.spent_s / budget_s
        if progress >= 1:
            break
        began = time.process_time()
        for group in run.optimiser.param_groups:
            group["lr"] = learning_rate(progress)
        rows = drawn[start : start + BATCH]
        total += train_step(run, faces, targets, rows, rng, mix=progress < MIXUP_UNTIL)
        steps += 1
        run.spent_s += time.process_time() - began
    run.epoch += 1
    return total / max(steps, 1)


def train_step(
    run: Run, faces: Faces, targets: Targets, rows: NDArray[np.int64], rng: np.random.Generator, *, mix: bool
) -> float:
    """One step of the optimiser and of the average; returns the loss."""
    grey = torch.from_numpy(augment(faces.pixels[rows], rng)).float()[:, None]
    ferplus = torch.from_numpy(targets.ferplus[rows]) * (1 - SMOOTHING) + SMOOTHING / len(EXPRESSIONS)
    fer7 = functional.one_hot(torch.from_numpy(targets.fer7[rows]), 7).float() * (1 - SMOOTHING) + SMOOTHING / 7
    counted = torch.from_numpy(targets.has_ferplus[rows]).float()
    if mix:
        share = float(rng.beta(MIXUP_ALPHA, MIXUP_ALPHA))
        other = torch.from_numpy(rng.permutation(len(rows)))
        grey, fer7 = grey.lerp(grey[other], 1 - share), fer7.lerp(fer7[other], 1 - share)
        ferplus, counted = ferplus.lerp(ferplus[other], 1 - share), counted * counted[other]
    with torch.autocast("cpu", torch.bfloat16):
        said = run.network(grey.contiguous(memory_format=torch.channels_last))
    loss = _loss(said[0].float(), ferplus, counted) + FER7_WEIGHT * _loss(
        said[1].float(), fer7, torch.ones_like(counted)
    )
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    run.optimiser.step()
    _follow(run.average, run.network)
    return float(loss.detach())


def learning_rate(progress: float) -> float:
    """The one-cycle rate at a share of the run (Smith, Super-Convergence, 2018)."""
    if progress < WARM_UP:
        return PEAK_RATE * (0.05 + 0.95 * progress / WARM_UP)
    return float(PEAK_RATE * 0.5 * (1 + np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))) + 2e-6)


def logits_of(network: ExpressionNetwork, pixels: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Logits (n, 8) and (n, 7) of (n, 48, 48) grey faces, each averaged with its mirror image."""
    network.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(pixels), 256):
            parts.append(mirrored_logits(network, torch.from_numpy(pixels[start : start + 256]).float()[:, None]))
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])


def accuracies(network: ExpressionNetwork, faces: Faces) -> tuple[float, float]:
    """FER+ accuracy against the majority and FER2013 accuracy."""
    assert faces.votes is not None and faces.fer7 is not None
    ferplus, fer7 = logits_of(network, faces.pixels)
    label = majority(faces.votes)
    kept = label >= 0
    hits = ferplus.argmax(1).numpy()[kept] == label[kept]
    return float(hits.mean()), float((fer7.argmax(1).numpy() == faces.fer7).mean())


def _loss(logits: Tensor, target: Tensor, counted: Tensor) -> Tensor:
    each = -(target * logits.log_softmax(1)).sum(1)
    return (each * counted).sum() / counted.sum().clamp(min=1)


@torch.no_grad()
def _follow(average: ExpressionNetwork, network: ExpressionNetwork) -> None:
    for ours, theirs in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if ours.dtype.is_floating_point:
            ours.lerp_(theirs, 1 - AVERAGE_DECAY)
        else:
            ours.copy_(theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="npz with train_* and val_* arrays")
    parser.add_argument("--work", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--minutes", type=float, default=70, help="CPU minutes in all, resumed runs included")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.work / "expression.pt"
    faces, held_out = load_faces(arguments.data, "train_"), load_faces(arguments.data, "val_")
    targets = targets_of(faces)
    torch.manual_seed(1)
    run = new_run()
    if checkpoint.exists():
        run.load(checkpoint)
    budget_s = arguments.minutes * 60
    while run.spent_s < budget_s:
        rng = np.random.default_rng([7, run.epoch])
        loss = train_epoch(run, faces, targets, rng, budget_s)
        run.save(checkpoint)
        if run.epoch % 4 == 0 or run.spent_s >= budget_s:
            scores = accuracies(run.average, held_out)
            log.info("held out: FER+ %.4f, FER2013 %.4f", *scores)
        log.info("epoch %d loss %.4f after %.1f CPU min (pid %d)", run.epoch, loss, run.spent_s / 60, os.getpid())


if __name__ == "__main__":
    main()
