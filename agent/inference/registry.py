"""Reads the manifest of models and hands out the files behind each name, checked against their sha256."""

import hashlib
import importlib.util
import threading
import tomllib
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from agent.core.errors import ModelMismatch, ModelMissing, ModelWithheld
from agent.core.settings import ModelSettings

MANIFEST = "manifest.toml"
READ_BYTES = 1 << 20


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """The installed distribution that carries a model's files."""

    distribution: str
    version: str
    module: str


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a model, relative to the manifest's folder or to the package that carries it."""

    path: str
    sha256: str
    package: Package | None = None
    """Where it is another one than the rest of the model's."""
    weights: bool = False
    """True for the file that a graph without weights of its own names by offset."""


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output. A size that is a word is free; keys that only people read are left out here."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str
    sample: list[float] | None = None
    """Values that make sense to warm the model up with, where zeros or ones do not."""


class Ancestor(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a model was made from: weights, or what they learnt from."""

    name: str
    licence: str
    commercial: bool
    """Whether its licence lets what is made from it be used commercially, as far as is known; doubt means false."""


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifest says of one model; its header explains each key."""

    name: str
    format: Literal["onnx", "ctranslate2", "data"]
    files: tuple[ModelFile, ...]
    source: str
    licence: str
    commercial: bool
    card: str
    ancestry: tuple[Ancestor, ...] = ()
    """Everything that it was made from; a model that names nothing is free for nothing."""
    package: Package | None = None
    extra: str | None = None
    """The optional extra of this program that installs the packages; without it the model may be absent."""
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    precision: str = "float32"
    """What it calculates in."""
    gpu: Literal["batches", "alone"] | None = None
    """How a GPU runs it: rows of different threads together, or each alone. None for a model that stays on the
    processor."""
    half_error: float | None = None
    """How far half precision moves an output at most, relative to that output's largest value; None where nobody
    measured it, and it always runs in full."""
    confident_prob: float | None = None
    """From here on a classifier's best answer counts as sure."""
    classes: tuple[str, ...] = ()
    """What the columns of a classifier's first output stand for, where the model itself does not fix it."""
    examples: str | None = None
    """Digest of the examples that an intent head was trained on, see `agent.core.understanding`."""
    latency_ms: float | None = None
    measured_on: str | None = None

    def __post_init__(self) -> None:
        shapes = [tensor.shape for tensor in (*self.inputs, *self.outputs)]
        free = [[place for place, size in enumerate(shape) if isinstance(size, str)] for shape in shapes]
        if self.gpu == "batches" and free != [[0]] * len(free):
            raise ValueError(f"model {self.name!r}: in batches, the first size of each tensor is free and no other is")


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    model: tuple[ModelEntry, ...]


class Registry:
    """The models of one manifest by name. Safe to share between threads; a file is hashed once."""

    def __init__(self, folder: Path, entries: tuple[ModelEntry, ...], *, commercial_only: bool = False) -> None:
        """With `commercial_only`, models of which anything is not free for commercial use are handed out to nobody."""
        self.folder = folder
        self.entries = entries
        self.withheld = frozenset(entry.name for entry in entries if commercial_only and not commercially_free(entry))
        """Models that are there and not handed out."""
        self._commercial_only = commercial_only
        self._by_name = {entry.name: entry for entry in entries}
        self._verified: set[tuple[Path, str]] = set()
        """Files that had the sha256."""
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process, one that hashes for itself."""
        return partial(Registry, commercial_only=self._commercial_only), (self.folder, self.entries)

    @classmethod
    def of(cls, settings: ModelSettings) -> "Registry":
        """As `load`, and withholds what the settings do."""
        return cls.load(settings.folder, commercial_only=settings.commercial_only)

    @classmethod
    def load(cls, folder: Path, *, commercial_only: bool = False) -> "Registry":
        """Reads `folder`/manifest.toml; no model file is opened yet.

        Raises `ModelMissing` when there is no manifest, `ModelMismatch` when it is not one or names a model twice.
        """
        path = folder / MANIFEST
        try:
            entries = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Manifest).model
        except OSError:
            raise ModelMissing(
                f"{path} cannot be read: point `models.folder` at the repository's models_onnx, or get the folder back "
                "with `git checkout -- models_onnx`"
            ) from None
        except (ValueError, RecursionError) as error:
            raise ModelMismatch(f"{path} is not a model manifest: {error}; its header says what it holds") from None
        names = [entry.name for entry in entries]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ModelMismatch(f"{path} names a model twice: {', '.join(sorted(twice))}; keep one entry of each")
        return cls(folder, entries, commercial_only=commercial_only)

    def entry(self, name: str) -> ModelEntry:
        """What the manifest says of `name`. Raises `ModelMissing` for a name that it does not hold."""
        try:
            return self._by_name[name]
        except KeyError:
            raise ModelMissing(
                f"no model is called {name!r} in {self.folder / MANIFEST}; `agent models list` prints those there are"
            ) from None

    def path(self, name: str) -> Path:
        """The model's first file, after all of its files proved to be there and to have their sha256.

        Raises `ModelMissing` or `ModelMismatch`, naming the file and the remedy, and `ModelWithheld`.
        """
        return self.paths(name)[0]

    def directory(self, name: str) -> Path:
        """The folder of the model's first file, for a model that is opened as a folder. Checks as `path` does."""
        return self.path(name).parent

    def paths(self, name: str) -> tuple[Path, ...]:
        """All files of the model in the manifest's order. Checks as `path` does."""
        entry = self.entry(name)
        if name in self.withheld:
            raise ModelWithheld(
                f"model {name!r} is not known to be free for commercial use ({entry.licence}), and "
                "`models.commercial_only` is set"
            )
        paths = tuple(self._root(entry, file) / file.path for file in entry.files)
        with self._lock:
            for path, file in zip(paths, entry.files, strict=True):
                if (path, file.sha256) not in self._verified:
                    _verify(entry, path, file)
                    self._verified.add((path, file.sha256))
        return paths

    def weights(self, name: str) -> Path | None:
        """The file that the model's graph takes its weights from, or None when they are its own. Checks as `path`."""
        files = zip(self.entry(name).files, self.paths(name), strict=True)
        return next((path for file, path in files if file.weights), None)

    def installed(self, name: str) -> bool:
        """Whether the packages that carry `name` are installed. Only a model with an `extra` may lack them.

        Raises `ModelMissing` for a name that the manifest does not hold.
        """
        entry = self.entry(name)
        packages = {file.package or entry.package for file in entry.files} - {None}
        return all(package is not None and _folder_of(package) is not None for package in packages)

    def _root(self, entry: ModelEntry, file: ModelFile) -> Path:
        package = file.package or entry.package
        if package is None:
            return self.folder
        folder = _folder_of(package)
        if folder is None:
            remedy = "run `uv sync`, or `make demo`" if entry.extra is None else f"run `uv sync --extra {entry.extra}`"
            raise ModelMissing(
                f"model {entry.name!r} lies in the package {package.distribution}=={package.version}, "
                f"which is not installed: {remedy}"
            )
        return folder


def commercially_free(entry: ModelEntry) -> bool:
    """Whether the model and everything that it was made from may be used commercially, as far as is known."""
    known = bool(entry.ancestry) and all(ancestor.commercial for ancestor in entry.ancestry)
    return entry.commercial and known


def _folder_of(package: Package) -> Path | None:
    """Where the package is installed, or None."""
    spec = importlib.util.find_spec(package.module)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def _verify(entry: ModelEntry, path: Path, file: ModelFile) -> None:
    remedy = _remedy(file.package or entry.package, path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(READ_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise ModelMissing(f"model {entry.name!r} needs {path}: {error.strerror}; {remedy}") from None
    if digest.hexdigest() != file.sha256:
        raise ModelMismatch(
            f"model {entry.name!r}: {path} has sha256 {digest.hexdigest()}, the manifest says {file.sha256}; {remedy}"
        )


def _remedy(package: Package | None, path: Path) -> str:
    if package is not None:
        return (
            f"`uv sync --reinstall-package {package.distribution}` installs "
            f"{package.distribution}=={package.version} anew"
        )
    return f"get it back with `git checkout -- {path}`, then check all with `agent models verify`"
