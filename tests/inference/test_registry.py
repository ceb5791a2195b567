"""The registry hands out files only when they are the ones that the manifest describes."""

import hashlib
from pathlib import Path

import pytest

from agent.core.errors import ModelMismatch, ModelMissing
from agent.core.settings import ModelSettings
from agent.inference.registry import Registry

WEIGHTS = b"not really weights"


def write_manifest(folder: Path, *, sha256: str | None = None, extra: str = "") -> None:
    """A manifest of one model whose file holds `WEIGHTS`."""
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "weights.bin").write_bytes(WEIGHTS)
    digest = sha256 or hashlib.sha256(WEIGHTS).hexdigest()
    (folder / "manifest.toml").write_text(
        f"""
        [[model]]
        name = "thing"
        format = "data"
        files = [{{ path = "sub/weights.bin", sha256 = "{digest}" }}]
        source = "made up"
        licence = "CC0-1.0"
        commercial = true
        card = "cards/thing.md"
        {extra}
        """
    )


def test_hands_out_a_file_whose_hash_is_right(tmp_path: Path) -> None:
    """A model's path and folder lie under the manifest's own folder."""
    write_manifest(tmp_path)
    registry = Registry.load(tmp_path)
    assert registry.path("thing") == tmp_path / "sub" / "weights.bin"
    assert registry.directory("thing") == tmp_path / "sub"


def test_refuses_a_file_that_was_changed(tmp_path: Path) -> None:
    """A wrong hash names the file, both hashes and the remedy."""
    write_manifest(tmp_path)
    (tmp_path / "sub" / "weights.bin").write_bytes(WEIGHTS + b"!")
    with pytest.raises(ModelMismatch, match=r"weights\.bin has sha256 .* the manifest says .*git checkout"):
        Registry.load(tmp_path).path("thing")


def test_hashes_a_file_once(tmp_path: Path) -> None:
    """What was verified is not read again: opening it in many threads costs one hash."""
    write_manifest(tmp_path)
    registry = Registry.load(tmp_path)
    registry.path("thing")
    (tmp_path / "sub" / "weights.bin").write_bytes(b"changed later")
    assert registry.path("thing").name == "weights.bin"


def test_says_which_file_is_missing(tmp_path: Path) -> None:
    """A file that is not there is named with its remedy."""
    write_manifest(tmp_path)
    (tmp_path / "sub" / "weights.bin").unlink()
    with pytest.raises(ModelMissing, match=r"'thing' needs .*weights\.bin.*git checkout"):
        Registry.load(tmp_path).path("thing")


def test_says_which_package_is_missing(tmp_path: Path) -> None:
    """A model inside a package that is not installed names the package and `uv sync`."""
    package = 'package = { distribution = "no-such-voice", version = "1.0", module = "no_such_voice" }'
    write_manifest(tmp_path, extra=package)
    with pytest.raises(ModelMissing, match=r"no-such-voice==1\.0.*uv sync"):
        Registry.load(tmp_path).path("thing")


def test_finds_files_inside_an_installed_package(tmp_path: Path) -> None:
    """Paths of a model with a package start at the package's folder, and its remedy is to install it anew."""
    package = 'package = { distribution = "msgspec", version = "1", module = "msgspec" }'
    write_manifest(tmp_path, extra=package)
    text = (tmp_path / "manifest.toml").read_text().replace("sub/weights.bin", "__init__.py")
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(ModelMismatch, match=r"msgspec.__init__\.py has sha256 .*uv sync --reinstall-package msgspec"):
        Registry.load(tmp_path).path("thing")


def test_an_unknown_name_says_how_to_list_them(tmp_path: Path) -> None:
    """Asking for a model that is not in the manifest points at the list."""
    write_manifest(tmp_path)
    with pytest.raises(ModelMissing, match="'other'.*agent models list"):
        Registry.load(tmp_path).path("other")


@pytest.mark.parametrize("text", ["[[model", "[[model]]\nname = 3", "[other]", '[[model]]\nname = "only a name"'])
def test_refuses_what_is_no_manifest(tmp_path: Path, text: str) -> None:
    """Broken TOML and entries without their keys are refused when the manifest is read."""
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(ModelMismatch, match="is not a model manifest"):
        Registry.load(tmp_path)


def test_refuses_a_name_twice(tmp_path: Path) -> None:
    """Two models of one name are a mistake, not a choice."""
    write_manifest(tmp_path)
    text = (tmp_path / "manifest.toml").read_text()
    (tmp_path / "manifest.toml").write_text(text + text)
    with pytest.raises(ModelMismatch, match="twice: thing"):
        Registry.load(tmp_path)


def test_a_folder_without_manifest_names_the_setting(tmp_path: Path) -> None:
    """A wrong `models.folder` is said to be one."""
    with pytest.raises(ModelMissing, match=r"models\.folder"):
        Registry.load(tmp_path / "nowhere")


def test_everything_that_ships_verifies() -> None:
    """Every file of the real manifest is there and has its hash, unless it belongs to an extra that is not installed;
    every entry has its card."""
    registry = Registry.load(ModelSettings().folder)
    for entry in registry.entries:
        if entry.extra is None or registry.installed(entry.name):
            assert len(registry.paths(entry.name)) == len(entry.files)
        assert (registry.folder / entry.card).is_file(), entry.card


def test_only_models_whose_first_size_alone_is_free_may_run_in_batches(tmp_path: Path) -> None:
    """A manifest that would join what cannot be joined is refused, by the model's name."""
    text = (ModelSettings().folder / "manifest.toml").read_text()
    (tmp_path / "manifest.toml").write_text(text.replace('gpu = "alone"', 'gpu = "batches"', 1))
    with pytest.raises(ModelMismatch, match="'voice_text': in batches, the first size of each tensor is free"):
        Registry.load(tmp_path)
