"""The loop that trains any network which reads expressions: one process, one core, resumable at every epoch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.training.expression_lessons import Batch, Lessons
from agent.training.faces import Faces, majority
from agent.training.progress import Progress
from agent.training.pytorch import Tensor, functional, nn, torch

WARM_UP = 0.07
"""Share of a run in which the learning rate rises; it then falls along a cosine."""
MIXUP_ALPHA = 0.3
MIXUP_UNTIL = 0.87
"""Share of a run after which faces are no longer mixed, so that the end sees faces as they come."""
FER7_WEIGHT = 0.4
"""Of the loss of the FER2013 head beside that of the FER+ head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one kind of network is best trained."""

    batch: int
    peak_rate: float
    head_rate: float
    """How much faster the two last layers learn than the rest."""
    weight_decay: float
    average_decay: float
    """Per step, of the exponential moving average of the weights, which is what is kept."""


@dataclass(slots=True)
class Run:
    """Everything that a resumed run needs."""

    network: nn.Module
    average: nn.Module
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


def new_run(network: nn.Module, average: nn.Module, recipe: Recipe) -> Run:
    """A run of `network`; `average` is another of the same kind, whose weights are overwritten."""
    average.load_state_dict(network.state_dict())
    heads = {id(each) for name, each in network.named_parameters() if name.startswith(("ferplus", "fer7"))}
    learning = [each for each in network.parameters() if each.requires_grad]
    groups = [
        {"params": [each for each in learning if id(each) not in heads], "pace": 1.0},
        {"params": [each for each in learning if id(each) in heads], "pace": recipe.head_rate},
    ]
    optimiser = torch.optim.AdamW(groups, lr=recipe.peak_rate, weight_decay=recipe.weight_decay)
    return Run(network.to(memory_format=torch.channels_last), average.eval(), optimiser)


def learn(
    run: Run, lessons: Lessons, recipe: Recipe, *, minutes: float, seed: int, checkpoint: Path, progress: Progress
) -> None:
    """Trains until `minutes` of processor time are spent, saving `checkpoint` after every epoch."""
    stage = checkpoint.stem
    while run.spent_s < minutes * 60:
        loss = _epoch(run, lessons, recipe, np.random.default_rng([seed, run.epoch]), minutes * 60)
        run.save(checkpoint)
        progress(stage, min(run.spent_s / (minutes * 60), 1), f"epoch {run.epoch}, loss {loss:.3f}")


def _epoch(run: Run, lessons: Lessons, recipe: Recipe, rng: np.random.Generator, budget_s: float) -> float:
    """Once through the plan; returns the mean loss. Stops early when `budget_s` CPU seconds are spent."""
    run.network.train()
    planned = lessons.plan(rng)
    total, steps = 0.0, 0
    for start in range(0, len(planned) - recipe.batch + 1, recipe.batch):
        done = run.spent_s / budget_s
        if done >= 1:
            break
        began = time.process_time()
        for group in run.optimiser.param_groups:
            group["lr"] = recipe.peak_rate * group["pace"] * rate(done)
        batch = lessons.batch(planned[start : start + recipe.batch], rng)
        total += _step(run, batch, recipe, rng, mix=done < MIXUP_UNTIL)
        steps += 1
        run.spent_s += time.process_time() - began
    run.epoch += 1
    return total / max(steps, 1)


def rate(done: float) -> float:
    """The one-cycle learning rate at a share of the run, as a share of its peak (Smith, Super-Convergence, 2018)."""
    if done < WARM_UP:
        return 0.05 + 0.95 * done / WARM_UP
    return float(0.5 * (1 + np.cos(np.pi * (done - WARM_UP) / (1 - WARM_UP))) + 1e-3)


def _step(run: Run, batch: Batch, recipe: Recipe, rng: np.random.Generator, *, mix: bool) -> float:
    """One step of the optimiser and of the average; returns the loss."""
    grey = torch.from_numpy(batch.grey).float()[:, None]
    ferplus, fer7 = torch.from_numpy(batch.ferplus), torch.from_numpy(batch.fer7)
    counted = torch.from_numpy(batch.counted).float()
    if mix:
        share = float(rng.beta(MIXUP_ALPHA, MIXUP_ALPHA))
        other = torch.from_numpy(rng.permutation(len(grey)))
        grey, fer7 = grey.lerp(grey[other], 1 - share), fer7.lerp(fer7[other], 1 - share)
        ferplus, counted = ferplus.lerp(ferplus[other], 1 - share), counted * counted[other]
    with torch.autocast("cpu", torch.bfloat16):
        said = run.network(grey.contiguous(memory_format=torch.channels_last))
    loss = _loss(said[0].float(), ferplus, counted)
    loss = loss + FER7_WEIGHT * _loss(said[1].float(), fer7, torch.ones_like(counted))
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    run.optimiser.step()
    _follow(run.average, run.network, recipe.average_decay)
    return float(loss.detach())


def _loss(logits: Tensor, target: Tensor, counted: Tensor) -> Tensor:
    each = -(target * logits.log_softmax(1)).sum(1)
    return (each * counted).sum() / counted.sum().clamp(min=1)


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    for ours, theirs in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if ours.dtype.is_floating_point:
            ours.lerp_(theirs, 1 - decay)
        else:
            ours.copy_(theirs)


def mirrored_prob(network: nn.Module, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n, 8) and (n, 7) probabilities of (n, 48, 48) grey faces, logits averaged with those of the mirror images."""
    network.eval()
    parts: tuple[list[Tensor], list[Tensor]] = ([], [])
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(pixels), 256):
            grey = torch.from_numpy(pixels[start : start + 256]).float()[:, None]
            for part, logits, mirrored in zip(parts, network(grey), network(grey.flip(3)), strict=True):
                part.append(functional.softmax((logits.float() + mirrored.float()) / 2, dim=1))
    return torch.cat(parts[0]).numpy(), torch.cat(parts[1]).numpy()


def mean_prob(
    teachers: Sequence[nn.Module], pixels: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n, 8) and (n, 7): the mean of several networks' probabilities of (n, 48, 48) grey faces."""
    ferplus, fer7 = [], []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(pixels), 128):
            grey = torch.from_numpy(pixels[start : start + 128]).float()[:, None]
            said = [teacher(grey) for teacher in teachers]
            ferplus.append(torch.stack([each[0].float().softmax(1) for each in said]).mean(0))
            fer7.append(torch.stack([each[1].float().softmax(1) for each in said]).mean(0))
    return torch.cat(ferplus).numpy(), torch.cat(fer7).numpy()


def accuracies(network: nn.Module, faces: Faces) -> tuple[float, float]:
    """FER+ accuracy against the majority and FER2013 accuracy."""
    assert faces.votes is not None and faces.fer7 is not None
    ferplus, fer7 = mirrored_prob(network, faces.pixels)
    label = majority(faces.votes)
    kept = label >= 0
    return float((ferplus.argmax(1)[kept] == label[kept]).mean()), float((fer7.argmax(1) == faces.fer7).mean())
