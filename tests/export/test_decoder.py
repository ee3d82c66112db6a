"""The decoder that ships with files needs Python and numpy alone, and reads what we read."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.export.test_packed import RECIPES
from wc_core import BlockSpec, LayerPlan, Recipe, compress, load, load_model, save
from wc_core.export import decoder, pack
from wc_core.export.decoder import DecodeError, decode_bytes

SOURCE = Path(decoder.__file__)
NUMBERS = ["float32", "float16", "bfloat16", "int8"]


def run(*arguments):
    """Run the decoder in a process of its own, which finds nothing of this program."""
    return subprocess.run(
        [sys.executable, "-I", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Copy the decoder to where nothing else is."""
    return shutil.copy(SOURCE, tmp_path_factory.mktemp("alone") / "decoder.py")


def test_it_needs_the_standard_library_and_numpy_alone():
    """Every import is one of them."""
    imports = set()
    for node in ast.walk(ast.parse(SOURCE.read_text())):
        if isinstance(node, ast.Import):
            imports |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            imports.add(node.module.partition(".")[0])
    assert imports <= {"numpy", *sys.stdlib_module_names}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.digest[:6])
def test_it_reads_in_a_fresh_process_what_we_read(mixed, alone, tmp_path, recipe):
    """Every tensor, its type and its bits; ties, prefix and untouched ones, too."""
    save(compress(load_model(mixed[0]), recipe), tmp_path / "small.safetensors")
    done = run(alone, tmp_path / "small.safetensors", tmp_path / "out.npz")
    assert (done.returncode, done.stderr) == (0, "")
    ours = load(tmp_path / "small.safetensors").decoded()
    with np.load(tmp_path / "out.npz") as theirs:
        assert set(theirs) == {ours.prefix + name for name in ours.tensors}
        for name, tensor in ours.tensors.items():
            assert theirs[ours.prefix + name].dtype == tensor.dtype
            np.testing.assert_array_equal(theirs[ours.prefix + name], tensor)


pruners = st.sampled_from(
    [
        ("none", {}),
        ("magnitude", {}),
        ("block_magnitude", {"rows": 3, "cols": 2}),
        ("n_m", {"n": 2, "m": 4}),
        ("channel", {}),
        ("zeros", {}),
    ]
)


@st.composite
def plans(draw):
    pruner, params = draw(pruners)
    return LayerPlan(
        pruner=pruner,
        pruner_params=params,
        sparsity=draw(st.sampled_from([0.1, 0.5, 0.9, 1.0])),
        n_clusters=draw(st.sampled_from([1, 2, 3, 16, 40])),
        block=BlockSpec(draw(st.integers(1, 3)), draw(st.integers(1, 5))),
        scale=draw(st.sampled_from(["none", "per_channel"])),
        codebook_dtype=draw(st.sampled_from(NUMBERS)),
        scale_dtype=draw(st.sampled_from(NUMBERS)),
        recombine=draw(st.sampled_from(["none", "residual"])),
        residual_clusters=draw(st.sampled_from([1, 4])),
        coding=draw(st.sampled_from(["cheapest", "packed", "coded"])),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plan=plans())
def test_every_plan_is_stored_to_the_byte_and_read_by_both(mixed, plan):
    """Sizes are those of the file, of each layer too; both readers decode the same bits."""
    small = compress(load_model(mixed[0]), Recipe(plan=plan))
    content, sizes = pack(small)
    assert sizes.stored_bytes == len(content)
    by_tensor = sizes.by_tensor()
    assert all(by_tensor.get(layer.name, 0) == layer.stored_bytes for layer in small.layers)
    decoded, theirs = small.decoded(), decode_bytes(content)
    assert set(theirs) == {decoded.prefix + name for name in decoded.tensors}
    for name, tensor in decoded.tensors.items():
        np.testing.assert_array_equal(theirs[decoded.prefix + name], tensor)


def test_the_command_line_says_what_is_wrong(alone, tmp_path):
    """A usage line without arguments; a sentence for a file that is none; nothing is written."""
    assert "usage:" in run(alone).stderr
    (tmp_path / "no.safetensors").write_bytes(b"no such thing")
    done = run(alone, tmp_path / "no.safetensors", tmp_path / "out.npz")
    assert done.returncode == 2
    assert "no safetensors file" in done.stderr
    assert run(alone, tmp_path / "missing", tmp_path / "out.npz").returncode == 2
    assert not (tmp_path / "out.npz").exists()


def test_a_newer_file_is_refused_with_advice(mixed):
    """A format that it does not know is never guessed at."""
    content, _sizes = pack(compress(load_model(mixed[0]), Recipe()))
    with pytest.raises(DecodeError, match="get a newer one"):
        decode_bytes(content.replace(b'\\"format\\":3', b'\\"format\\":9'))
