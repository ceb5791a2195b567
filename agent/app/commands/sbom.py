"""`agent sbom`: a software bill of materials, models included."""

import json
from pathlib import Path
from typing import Annotated

import typer

from agent.app.bill_of_materials import bill_of_materials
from agent.app.printing import console
from agent.core.settings import REPOSITORY, load_settings
from agent.inference.registry import Registry


def register(app: typer.Typer) -> None:
    app.command("sbom")(sbom)


def sbom(
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("build/sbom.cdx.json"),
) -> None:
    """Writes what this installation is made of, as CycloneDX: packages, the pages' libraries, models and ancestors."""
    lock = REPOSITORY / "webclient" / "package-lock.json"
    registry = Registry.load(load_settings().models.folder)
    bill = bill_of_materials(registry, lock if lock.is_file() else None)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
    console.print(f"{len(bill['components'])} components in {out}", highlight=False)
