"""The bill of materials names what is installed, what the pages hold, and each model with its ancestors."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.core.settings import REPOSITORY, ModelSettings
from agent.inference.registry import Registry


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As `agent sbom` writes it."""
    out = tmp_path_factory.mktemp("sbom") / "build" / "sbom.cdx.json"
    written = CliRunner().invoke(build_app(["sbom"]), ["sbom", "--out", str(out)])
    assert written.exit_code == 0, written.output
    document: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return document


def by_ref(bill: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {component["bom-ref"]: component for component in bill["components"]}


def test_it_is_cyclonedx(bill: dict[str, Any]) -> None:
    """With each part once, and nothing that depends on a part that is not there."""
    assert (bill["bomFormat"], bill["specVersion"], bill["metadata"]["component"]["name"]) == (
        "CycloneDX",
        "1.6",
        "attentive-agent",
    )
    refs = [component["bom-ref"] for component in bill["components"]]
    assert len(refs) == len(set(refs))
    known = {*refs, bill["metadata"]["component"]["bom-ref"]}
    assert all({edge["ref"], *edge["dependsOn"]} <= known for edge in bill["dependencies"])


def test_it_holds_what_runs_and_not_what_tests(bill: dict[str, Any]) -> None:
    """With versions and licences."""
    names = {component["name"].lower(): component for component in bill["components"]}
    assert {"aiortc", "fastapi", "cryptography", "preact"} <= names.keys()
    assert not {"pytest", "ruff", "mypy", "vite"} & names.keys()
    assert all(component["version"] and component["licenses"] for component in bill["components"])


def test_each_model_stands_in_it_with_its_ancestors(bill: dict[str, Any]) -> None:
    """So that who reads it sees what is not free, and why."""
    components = by_ref(bill)
    entries = Registry.load(ModelSettings().folder).entries
    for entry in entries:
        model = components[f"model:{entry.name}"]
        assert model["hashes"] == [{"alg": "SHA-256", "content": entry.files[0].sha256}]
        assert [one["name"] for one in model["pedigree"]["ancestors"]] == [one.name for one in entry.ancestry]
    expression = components["model:expression"]
    assert expression["properties"] == [{"name": "commercial", "value": "false"}]
    assert any(one["properties"][0]["value"] == "false" for one in expression["pedigree"]["ancestors"])


def test_the_pages_libraries_are_those_of_the_lock(bill: dict[str, Any]) -> None:
    """With the hash that npm checked them by."""
    lock = json.loads((REPOSITORY / "webclient" / "package-lock.json").read_text("utf-8"))
    found = {
        component["name"]: component for component in bill["components"] if component["bom-ref"].startswith("pkg:npm/")
    }
    assert found.keys() == {"preact", "@preact/signals", "@preact/signals-core", "uplot"}
    for name, component in found.items():
        assert component["version"] == lock["packages"][f"node_modules/{name}"]["version"]
        assert component["hashes"][0]["alg"] == "SHA-512"
