"""Where the bytes of a stored model go. Sizes are counted from bytes written, never estimated."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SizeItem:
    """Bytes of one kind that one tensor takes in a file.

    Parameters
    ----------
    tensor : str
        Name of the model's tensor; empty for the header.
    kind : str
        "indices", "codebook", "scales"; "mask": positions of weights that were kept;
        "residual": a second codebook and its indices; "exact": blocks stored as they are, and
        where; "raw": a tensor stored as it was; "graph": an ONNX graph without its weights;
        "header": the file's own table of contents with its metadata and padding.
    n_bytes : int
    """

    tensor: str
    kind: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class SizeReport:
    """What a written file takes, and what the model took before.

    Parameters
    ----------
    items : tuple of SizeItem
        Everything in the file; their sum is its size.
    original_bytes : int
        Size of the model file as it was given.
    fp32_bytes : int
        All numbers of the file at four bytes each, tied ones once, without any header.
    """

    items: tuple[SizeItem, ...]
    original_bytes: int
    fp32_bytes: int

    @property
    def stored_bytes(self) -> int:
        """Size of the written file."""
        return sum(item.n_bytes for item in self.items)

    @property
    def compression_ratio(self) -> float:
        """Bytes of the file as it was given over bytes of the file written."""
        return self.original_bytes / self.stored_bytes

    @property
    def ratio_vs_fp32(self) -> float:
        """Bytes of all parameters in fp32 over bytes of the file written."""
        return self.fp32_bytes / self.stored_bytes

    def by_kind(self) -> Mapping[str, int]:
        """Return bytes by kind."""
        return self._sum("kind")

    def by_tensor(self) -> Mapping[str, int]:
        """Return bytes by tensor."""
        return self._sum("tensor")

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {
            "items": [asdict(item) for item in self.items],
            "original_bytes": self.original_bytes,
            "fp32_bytes": self.fp32_bytes,
            "stored_bytes": self.stored_bytes,
            "compression_ratio": self.compression_ratio,
            "ratio_vs_fp32": self.ratio_vs_fp32,
        }

    def _sum(self, field: str) -> dict[str, int]:
        total: dict[str, int] = defaultdict(int)
        for item in self.items:
            total[getattr(item, field)] += item.n_bytes
        return dict(total)
