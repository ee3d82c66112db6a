"""What the readers of all kinds of files share: limits, and words for damage."""

import csv
import lzma
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from wc_core.errors import DataError, WeightClusteringError
from wc_core.words import _

MOST_BYTES = 8 * 2**30  # unpacked, of one file
SMALL_BYTES = 256 * 2**20  # no machine is harmed by so little, however it was packed
HIGHEST_RATIO = 100  # photos and digits pack 1 to 10 times; only fillers pack more
MOST_MEMBERS = 1_000_000
_LONGEST_NAME = 120  # characters of a name within a file, in a sentence

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    csv.Error,
    tokenize.TokenError,  # numpy, on headers
    OSError,
    EOFError,
    ValueError,
    LookupError,
    RuntimeError,  # zipfile: encrypted; also NotImplementedError: unknown packing
    OverflowError,
    SyntaxError,
    TypeError,
    MemoryError,
)


def printable(text: str) -> str:
    r"""Return a name found in a file as it may stand in a sentence.

    Line feeds would break the sentence, and escape sequences steer a terminal.

    Examples
    --------
    >>> printable("cat\n1")
    'cat?1'
    """
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    return shown if len(shown) <= _LONGEST_NAME else shown[:_LONGEST_NAME] + "…"


@contextmanager
def damage_named(file: str) -> Iterator[None]:
    """Turn whatever a library raises on damaged bytes into one clear sentence.

    Parameters
    ----------
    file : str
        Named in the error.

    Raises
    ------
    DataError
        If the bytes could not be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries warn about oddities of other people's files
            yield
    except WeightClusteringError:
        raise
    except _DAMAGE as error:
        reason = printable(" ".join(str(error).split())) or type(error).__name__
        msg = _("{file} is damaged or incomplete ({reason}); make or download it again")
        raise DataError(msg.format(file=file, reason=reason)) from error


def refuse_bomb(members: Iterable[zipfile.ZipInfo], file: str) -> None:
    """Refuse a zip that would unpack to more than a machine holds, before reading it.

    Raises
    ------
    DataError
        If it says that it would.
    """
    members = list(members)
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if total > MOST_BYTES or (total > SMALL_BYTES and total > HIGHEST_RATIO * packed):
        msg = _(
            "{file} would unpack from {packed:.1f} MB to {total:.0f} MB, which is refused; "
            "use fewer or smaller images"
        )
        raise DataError(msg.format(file=file, packed=packed / 1e6, total=total / 1e6))
    if len(members) > MOST_MEMBERS:
        msg = _("{file} holds {n} files; at most {most} are read")
        raise DataError(msg.format(file=file, n=len(members), most=MOST_MEMBERS))
