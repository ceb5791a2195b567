"""`agent evaluate recommend`: how good recommendations are, and how good the choice of the one that comes first."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from agent.app.figures import percent
from agent.app.printing import JsonFlag, console, print_json
from agent.app.progress import shown
from agent.training.evaluate_recommend import RecommendEvaluation, evaluate_recommend
from agent.training.off_policy import OffPolicyEvaluation, evaluate_choices


def recommend(
    data: Annotated[
        Path | None, typer.Option(help="CSV with customer, item and maybe time; made up when left out.", exists=True)
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="JSON lines: candidates, chosen, probability, taken; made up when left out.", exists=True),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Each customer's last item held out, beside popularity; and the order of the first few, judged off-policy."""
    evaluation = None
    if data is not None or log is None:
        with shown() as progress:
            evaluation = evaluate_recommend(data, progress)
    choices = evaluate_choices(log) if log is not None or data is None else None
    if evaluation is not None and choices is not None:
        evaluation = msgspec.structs.replace(evaluation, choices=choices)
    if json:
        print_json(evaluation or choices)
        return
    if evaluation is not None:
        _show_found(evaluation)
    if choices is not None:
        _show_choices(choices)


def _show_found(evaluation: RecommendEvaluation) -> None:
    table = Table(f"{evaluation.n:,} customers, {evaluation.items:,} items", "recall@10", "nDCG@10")
    table.add_row("recommender", percent(evaluation.recall_at_10), f"{evaluation.ndcg_at_10:.3f}")
    popular = evaluation.popularity
    table.add_row("popularity", percent(popular.recall_at_10), f"{popular.ndcg_at_10:.3f}")
    console.print(table)
    low, high = evaluation.recall_gain_95
    console.print(f"gain in recall, 95 % between: {low:+.3f} and {high:+.3f}", highlight=False)
    _show_remarks(evaluation.remarks)


def _show_choices(choices: OffPolicyEvaluation) -> None:
    table = Table(f"{choices.records:,} choices", "IPS", "self-normalised", "doubly robust", "truth")
    for name, value in choices.policies.items():
        robust = f"{percent(value.doubly_robust)} ± {percent(value.standard_error)}"
        truth = "not known" if value.truth is None else percent(value.truth)
        table.add_row(name, percent(value.ips), percent(value.snips), robust, truth)
    console.print(table)
    console.print(f"taken of what was shown: {percent(choices.shown)}", highlight=False)
    _show_remarks(choices.remarks)


def _show_remarks(remarks: tuple[str, ...]) -> None:
    for remark in remarks:
        console.print(f"[yellow]note:[/] {remark}", highlight=False)
