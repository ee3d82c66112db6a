"""What general compressors make of a file, for comparison."""

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

PIECE = 1 << 20  # bytes read at once
ZIP_LEVEL = 6  # what zip programs do unless told otherwise
ZSTD_LEVEL = 19  # the best of the ordinary ones; those beyond ask for much memory to unpack


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def zipped_sizes(path: str | Path) -> Mapping[str, int]:
    """Return how many bytes general compressors make of a file.

    The file is read piece by piece and nothing is kept. Headers of an archive are not
    counted: these are the compressed bytes alone.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    mapping of str to int
        "zip": deflate at level 6. "zstd": Zstandard at level 19, on one thread.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "zeros"
    >>> _ = path.write_bytes(bytes(100_000))
    >>> sizes = zipped_sizes(path)
    >>> sizes["zip"] < 200, sizes["zstd"] < 100
    (True, True)
    """
    import zstandard

    compressors: dict[str, _Compressor] = {
        "zip": zlib.compressobj(ZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS),
        "zstd": zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj(),
    }
    sizes = dict.fromkeys(compressors, 0)
    for piece in _pieces(Path(path)):
        for name, compressor in compressors.items():
            sizes[name] += len(compressor.compress(piece))
    return {name: sizes[name] + len(made.flush()) for name, made in compressors.items()}


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
