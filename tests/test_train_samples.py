"""The embedded samples come from a script that anybody can run again."""

import gzip
import re

import numpy as np
import pytest

from wc_core import train_samples
from wc_core.assets import SAMPLE_DATA, SAMPLE_MODELS
from wc_core.data import load_dataset
from wc_core.errors import DataError

N = 512


def write_idx(path, array):
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    content = bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes()
    path.write_bytes(gzip.compress(content))


@pytest.fixture
def source(tmp_path):
    """Write a small stand-in: each class is brightest in a row of its own."""
    folder = tmp_path / "source"
    folder.mkdir()
    labels = (np.arange(N) % 10).astype(np.uint8)
    images = np.random.default_rng(0).integers(0, 60, (N, 28, 28), dtype=np.uint8)
    images[np.arange(N), labels * 2 + 4] = 255
    for name in ("train", "t10k"):
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels)
    return folder


def test_the_same_run_writes_the_same_bytes(source, tmp_path):
    """Nothing in the files depends on the clock or on unseeded draws, and models learn."""
    lines = []
    for folder in ("a", "b"):
        train_samples.make_samples(source, tmp_path / folder, lines.append, epochs=6)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["NOTICE.md", "fashion_mnist.npz", *sorted(j.file for j in train_samples.JOBS)]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    data = load_dataset(tmp_path / "a" / "fashion_mnist.npz")
    assert len(data) == N
    assert data.class_names == train_samples.CLASS_NAMES
    right = [int(text) for text in re.findall(r": (\d+) of 512", "\n".join(lines))]
    assert len(right) == 4
    assert min(right) > 0.3 * N  # chance is 0.1


def test_missing_images_name_the_package(tmp_path, capsys):
    """Who has not installed the data is told what to install, with exit status 2."""
    assert train_samples.main(["--source", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "dataset-fashion-mnist" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_no_epoch_is_no_training(source, tmp_path, capsys):
    """An untrained model is never written over a trained one."""
    arguments = ["--source", str(source), "--out", str(tmp_path / "out"), "--epochs", "0"]
    assert train_samples.main(arguments) == 2
    assert "1 epoch or more" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content[:-9], "cut short"),
        (lambda content: b"\1" + content[1:], "no idx file"),
        (lambda content: b"", "no idx file"),
    ],
)
def test_damaged_images_are_refused(source, change, says):
    """Sizes in the header are compared with the bytes that follow."""
    path = source / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))
    with pytest.raises(DataError, match=says):
        train_samples.read_split(source, "train")
    path.write_bytes(b"no gzip")
    with pytest.raises(DataError, match="damaged"):
        train_samples.read_split(source, "train")


def test_images_and_labels_have_to_be_as_many(source):
    """One label for each image."""
    write_idx(source / "train-labels-idx1-ubyte.gz", np.zeros(3, np.uint8))
    with pytest.raises(DataError, match="512 images but 3 labels"):
        train_samples.read_split(source, "train")


def test_the_embedded_models_reach_the_accuracy_of_the_notice():
    """What the notice says was measured can be measured again."""
    from safetensors.torch import load_file

    data = load_dataset(SAMPLE_DATA)
    split = train_samples.Split(data.images, data.labels.astype(np.uint8))
    notice = (SAMPLE_DATA.parent / "NOTICE.md").read_text(encoding="utf-8")
    assert "Copyright © 2017 Zalando SE, https://tech.zalando.com" in notice
    for job, path in zip(train_samples.JOBS, SAMPLE_MODELS.values(), strict=True):
        module = job.build()
        module.load_state_dict(load_file(path))
        stated = float(re.search(rf"{job.file} .* ([\d.]+)%", notice)[1])
        assert path.name == job.file
        # another processor adds in another order, which may turn an image or two
        assert train_samples.n_correct(module.eval(), split) / 1e4 == pytest.approx(
            stated / 100, abs=5e-4
        )
