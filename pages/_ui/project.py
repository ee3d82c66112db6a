"""What a person is working on, as one frozen value that becomes a small JSON file."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from wc_core.assets import ASSETS, SAMPLE_MODELS
from wc_core.recipe import Recipe
from wc_core.store import BlobStore


def root() -> Path:
    """Return the folder where everything that lasts is kept."""
    return Path(os.environ.get("WCL_WORKSPACE") or ASSETS.parent / ".workspace")


def blobs() -> BlobStore:
    """Return the store of uploaded files."""
    return BlobStore(root() / "blobs")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model or a data set comes from.

    Parameters
    ----------
    kind : {"sample", "upload"}
    ref : str
        Name of the sample, or digest of the uploaded file.
    filename : str
        What the person calls it.
    parts : tuple of (digest, file name)
        All files of a sharded model, its index among them.
    """

    kind: str
    ref: str
    filename: str
    parts: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a source from JSON."""
        parts = tuple((str(d), str(n)) for d, n in data.get("parts", ()))
        return cls(str(data["kind"]), str(data["ref"]), str(data["filename"]), parts)

    @property
    def exists(self) -> bool:
        """Whether the files are still there."""
        if self.kind == "sample":
            return self.ref in SAMPLE_MODELS or self.ref == "sample"
        wanted = [digest for digest, _name in self.parts] or [self.ref]
        return all(blobs().get(digest) for digest in wanted)


SAMPLE_MODEL = Source("sample", "lenet5", "lenet5")
SAMPLE_SET = Source("sample", "sample", "Fashion-MNIST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything that a reload must bring back.

    Parameters
    ----------
    model, data : Source
    preprocess : mapping, optional
        JSON form of a `PreprocessSpec`; None takes what suits model and data.
    recipe : Recipe
    expert : bool
        Whether the recipe form shows everything.
    ran : str
        Digest of the recipe that was clustered last.
    """

    model: Source = SAMPLE_MODEL
    data: Source = SAMPLE_SET
    preprocess: Mapping[str, Any] | None = None
    recipe: Recipe = field(default_factory=Recipe)
    expert: bool = False
    ran: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {
            "model": asdict(self.model),
            "data": asdict(self.data),
            "preprocess": dict(self.preprocess) if self.preprocess else None,
            "recipe": self.recipe.to_dict(),
            "expert": self.expert,
            "ran": self.ran,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a project from JSON; files that are gone are replaced by the samples."""
        model, images = Source.from_dict(data["model"]), Source.from_dict(data["data"])
        return cls(
            model=model if model.exists else SAMPLE_MODEL,
            data=images if images.exists else SAMPLE_SET,
            preprocess=data["preprocess"] if images.exists else None,
            recipe=Recipe.from_dict(data["recipe"]),
            expert=bool(data["expert"]),
            ran=str(data["ran"]),
        )
