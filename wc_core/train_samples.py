"""Train the embedded sample models on Fashion-MNIST and pack the sample images.

`python -m wc_core.train_samples [--epochs N] [--out DIR]` reads the files of Debian's package
dataset-fashion-mnist and writes two models, one .npz of images and a notice with the
measured accuracies. The draws are seeded and torch is held to deterministic algorithms on
one thread, so the same versions of torch and NumPy on the same kind of processor write the
same bytes again; another processor may round differently, and its weights differ slightly.
"""

import argparse
import gzip
import io
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wc_core.assets import SAMPLE_DATA
from wc_core.data import PRESETS, preprocess
from wc_core.errors import ConfigError, DataError, WeightClusteringError
from wc_core.models.zoo.lenet import build_lenet5, build_lenet_300_100
from wc_core.words import _

if TYPE_CHECKING:
    import torch
    from torch import nn

SOURCE = Path("/usr/share/datasets/fashion-mnist")
CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
N_TRAIN_KEPT = 2000
SEED = 0
N_THREADS = 1  # sums are then added in one order, and a busy machine slows it less
BATCH = 128
HIGHEST_RATE, WEIGHT_DECAY = 4e-3, 1e-2
_IDX_BYTES = 0x08  # the type code of unsigned bytes in an idx header
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: no clock in the bytes


@dataclass(frozen=True, eq=False)
class Split:
    """Images (n, 28, 28) of uint8 and labels (n,) of uint8."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Job:
    """One model to train."""

    file: str
    title: str
    build: Callable[[], "nn.Module"]
    epochs: int
    flips: bool  # half the images of a batch are mirrored


JOBS = (
    Job("lenet5.safetensors", "LeNet-5", build_lenet5, epochs=12, flips=True),
    Job("lenet_300_100.safetensors", "LeNet-300-100", build_lenet_300_100, epochs=10, flips=False),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m wc_core.train_samples", description=__doc__)
    parser.add_argument("--source", type=Path, default=SOURCE, help=_("folder of the idx.gz files"))
    parser.add_argument("--out", type=Path, default=SAMPLE_DATA.parent, help=_("folder to fill"))
    parser.add_argument("--epochs", type=int, help=_("of each model, for a quick trial"))
    options = parser.parse_args(arguments)
    try:
        make_samples(options.source, options.out, _say, options.epochs)
    except WeightClusteringError as error:
        _say(str(error))
        return 2
    return 0


def make_samples(
    source: Path, out: Path, say: Callable[[str], None], epochs: int | None = None
) -> None:
    """Train all sample models and write everything into a folder.

    Parameters
    ----------
    source : Path
        Folder of the four idx.gz files.
    out : Path
        Made if it does not exist; files in it are overwritten.
    say : callable
        Takes one line of text now and then.
    epochs : int, optional
        Of each model; by default as many as the embedded ones were trained for.

    Raises
    ------
    ConfigError
        If there is less than one epoch.
    DataError
        If the images are missing or damaged.
    """
    if epochs is not None and epochs < 1:
        raise ConfigError(_("train for 1 epoch or more, got {n}").format(n=epochs))
    jobs = [job if epochs is None else replace(job, epochs=epochs) for job in JOBS]
    train, test = read_split(source, "train"), read_split(source, "t10k")
    out.mkdir(parents=True, exist_ok=True)
    (out / "fashion_mnist.npz").write_bytes(packed_images(train, test))
    results = []
    for job in jobs:
        started = time.perf_counter()
        with _reproducible():
            module = train_model(job, train, say)
        correct = n_correct(module, test)
        (out / job.file).write_bytes(_serialised(module))
        results.append((job, correct))
        text = _("{title}: {correct} of {n} test images right, {seconds:.0f} s")
        seconds = time.perf_counter() - started
        say(text.format(title=job.title, correct=correct, n=len(test.labels), seconds=seconds))
    (out / "NOTICE.md").write_text(_notice(results, len(test.labels)), encoding="utf-8")


def read_split(source: Path, name: str) -> Split:
    """Read the images and labels of "train" or "t10k".

    Raises
    ------
    DataError
        If a file is missing or damaged.
    """
    images = _read_idx(source / f"{name}-images-idx3-ubyte.gz", 3)
    labels = _read_idx(source / f"{name}-labels-idx1-ubyte.gz", 1)
    if len(images) != len(labels):
        msg = _("{source}: {images} images but {labels} labels in {name}")
        counts = {"images": len(images), "labels": len(labels)}
        raise DataError(msg.format(source=source, name=name, **counts))
    return Split(images, labels)


def _read_idx(path: Path, ndim: int) -> NDArray[np.uint8]:
    """Read LeCun's idx format: type, dimensions, sizes as big-endian integers, bytes."""
    try:
        data = gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        msg = _("{path} is missing; install Debian's package dataset-fashion-mnist")
        raise DataError(msg.format(path=path)) from error
    except (OSError, EOFError) as error:
        raise DataError(_("{path} is damaged ({e})").format(path=path, e=error)) from error
    start = 4 + 4 * ndim
    if len(data) < start or data[:4] != bytes((0, 0, _IDX_BYTES, ndim)):
        raise DataError(_("{path} is no idx file of bytes").format(path=path))
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", ndim, 4))
    if len(data) != start + int(np.prod(shape, dtype=np.int64)):
        raise DataError(_("{path} is cut short").format(path=path))
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def packed_images(train: Split, test: Split) -> bytes:
    """Return the bytes of the .npz: all test images and the first training images."""
    return _npz(
        {
            "x_test": test.images,
            "y_test": test.labels,
            "x_train": train.images[:N_TRAIN_KEPT],
            "y_train": train.labels[:N_TRAIN_KEPT],
            "class_names": np.array(CLASS_NAMES),
        }
    )


def _npz(arrays: Mapping[str, NDArray]) -> bytes:
    """Write as np.savez_compressed does, but without the time of day."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.lib.format.write_array(stream, array, allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", _ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, stream.getvalue(), compresslevel=9)
    return packed.getvalue()


def train_model(job: Job, train: Split, say: Callable[[str], None]) -> "nn.Module":
    """Train one model with AdamW and a one-cycle learning rate.

    Parameters
    ----------
    job : Job
    train : Split
    say : callable
        Told the mean loss of each epoch.
    """
    import torch

    torch.manual_seed(SEED)
    module = job.build()
    optimizer = torch.optim.AdamW(module.parameters(), lr=HIGHEST_RATE, weight_decay=WEIGHT_DECAY)
    n_steps = job.epochs * (len(train.labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, HIGHEST_RATE, total_steps=n_steps)
    images, labels = _tensors(train)
    draws = torch.Generator().manual_seed(SEED)
    for epoch in range(1, job.epochs + 1):
        losses = []
        for rows in _batches(len(labels), draws):
            batch = _mirrored(images[rows], draws) if job.flips else images[rows]
            loss = torch.nn.functional.cross_entropy(module(batch), labels[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        text = _("{title}, epoch {epoch} of {epochs}: loss {loss:.3f}")
        mean = float(np.mean(losses))
        say(text.format(title=job.title, epoch=epoch, epochs=job.epochs, loss=mean))
    return module.eval()


@contextmanager
def _reproducible() -> Iterator[None]:
    """Hold torch to one order of sums, and give its settings back."""
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(N_THREADS)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


def _batches(n: int, draws: "torch.Generator") -> "Iterator[torch.Tensor]":
    """Yield the rows of each batch in random order; a short last one would be too noisy."""
    import torch

    order = torch.randperm(n, generator=draws)
    for start in range(0, n - BATCH + 1, BATCH):
        yield order[start : start + BATCH]


def n_correct(module: "nn.Module", test: Split) -> int:
    """Count the images whose highest logit is that of their label."""
    import torch

    images, labels = _tensors(test)
    with torch.inference_mode():
        return int((module(images).argmax(dim=1) == labels).sum())


def _tensors(split: Split) -> "tuple[torch.Tensor, torch.Tensor]":
    """Return what the models see; the preset is the one that the app evaluates them with."""
    import torch

    images = preprocess(split.images, PRESETS["fashion_mnist"], 1)
    return torch.from_numpy(images), torch.from_numpy(split.labels.astype(np.int64))


def _mirrored(batch: "torch.Tensor", draws: "torch.Generator") -> "torch.Tensor":
    """Mirror each image with probability 1/2."""
    import torch

    flip = torch.rand(len(batch), generator=draws) < 0.5
    return torch.where(flip[:, None, None, None], batch.flip(3), batch)


def _serialised(module: "nn.Module") -> bytes:
    from safetensors.torch import save

    data: bytes = save(module.state_dict())
    return data


def _notice(results: list[tuple[Job, int]], n_test: int) -> str:
    rows = "\n".join(
        f"| {job.file} | {job.title} | {job.epochs} | {correct / n_test:.2%} |"
        for job, correct in results
    )
    return _NOTICE.format(rows=rows, n_test=f"{n_test:,}", n_train=f"{N_TRAIN_KEPT:,}")


_NOTICE = """\
# Sample data and models

`fashion_mnist.npz` holds images of Fashion-MNIST: all {n_test} test images and the first
{n_train} training images, with their labels. The models were trained from scratch on its
60,000 training images by `python -m wc_core.train_samples`.

| file | architecture | epochs | accuracy on the {n_test} test images |
|---|---|---|---|
{rows}

## Fashion-MNIST

H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms", arXiv:1708.07747, 2017.

The MIT License (MIT)

Copyright © 2017 Zalando SE, https://tech.zalando.com

Permission is hereby granted, free of charge, to any person obtaining a copy of this software
and associated documentation files (the "Software"), to deal in the Software without
restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING
BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
