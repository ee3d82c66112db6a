"""The packed file is small, exact, reproducible, readable by anyone, and trusts nobody."""

import json
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from wc_core import (
    BlockSpec,
    LayerPlan,
    ModelFileError,
    Recipe,
    WeightClusteringError,
    compress,
    load,
    load_model,
    open_model,
    save,
)
from wc_core.export import pack, write_dense
from wc_core.export._container import METADATA_KEY
from wc_core.export._reading import read_packed

RECIPES = [
    Recipe(),
    Recipe(plan=LayerPlan(n_clusters=5, block=BlockSpec(3, 5))),
    Recipe(plan=LayerPlan(n_clusters=8, scale="per_channel", codebook_dtype="float16")),
    Recipe(overrides={"a.weight": LayerPlan(n_clusters=1)}),
    Recipe(plan=LayerPlan(n_clusters=8, block=BlockSpec(1, 4), recombine="residual")),
    Recipe(
        plan=LayerPlan(
            algorithm="density",
            block=BlockSpec(2, 3),
            scale="per_channel",
            recombine="residual",
            params={"mode": "hdbscan", "noise": "exact"},
        )
    ),
    Recipe(plan=LayerPlan(n_clusters=8, block=BlockSpec(1, 4), coding="packed")),
    Recipe(
        plan=LayerPlan(
            pruner="magnitude",
            sparsity=0.8,
            n_clusters=9,
            block=BlockSpec(1, 3),
            scale="per_channel",
            scale_dtype="int8",
            codebook_dtype="int8",
            recombine="residual",
            residual_clusters=3,
        )
    ),
    Recipe(
        plan=LayerPlan(
            pruner="block_magnitude",
            pruner_params={"rows": 2, "cols": 5},
            block=BlockSpec(2, 2),
            codebook_dtype="bfloat16",
            scale="per_channel",
            scale_dtype="float16",
            coding="coded",
        )
    ),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.digest[:6])
def test_a_saved_model_loads_as_it_was(mixed, tmp_path, recipe):
    """Codebooks, indices, scales and untouched tensors, to the bit."""
    small = compress(load_model(mixed[0]), recipe)
    path = tmp_path / "small.safetensors"
    save(small, path)
    again = load(path)
    before, after = small.decoded(), again.decoded()
    assert {i.name for i in after.infos} == {i.name for i in before.infos}
    for info in before.infos:
        np.testing.assert_array_equal(after.tensors[info.name], before.tensors[info.name])
    assert again.recipe == recipe
    assert again.sqnr_db == small.sqnr_db
    assert again.bits_per_weight == small.bits_per_weight


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.digest[:6])
def test_sizes_are_the_bytes_of_the_file(mixed, tmp_path, recipe):
    """Every byte is counted once, under its kind and its tensor."""
    small = compress(load_model(mixed[0]), recipe)
    path = tmp_path / "small.safetensors"
    sizes = save(small, path)
    assert sizes.stored_bytes == path.stat().st_size
    by_tensor = sizes.by_tensor()
    for layer in small.layers:
        assert by_tensor[layer.name] == layer.stored_bytes
    assert sizes.original_bytes == mixed[0].stat().st_size


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.digest[:6])
def test_a_file_names_the_oldest_format_that_has_all_it_holds(mixed, recipe):
    """Coding, masks and narrow numbers came with version 3, second codebooks with version 2."""
    small = compress(load_model(mixed[0]), recipe)
    content, _sizes = pack(small)
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    said = json.loads(header["__metadata__"][METADATA_KEY])
    assert said["format"] == max(_oldest(weight, small) for weight in small.weights.values())


def _oldest(weight, small):
    """Return the version that a weight needs."""
    (layer,) = (r for r in small.layers if small.weights[r.name] is weight)
    dtypes = {weight.codebook_dtype, weight.scale_dtype if weight.scales is not None else "float32"}
    is_coded = layer.index_bytes != layer.packed_index_bytes
    if weight.mask is not None or is_coded or dtypes & {"bfloat16", "int8"}:
        return 3
    return 2 if weight.residual is not None or weight.exact is not None else 1


def test_the_same_recipe_gives_the_same_bytes(mixed):
    """Twice from the start."""
    recipe = Recipe(plan=LayerPlan(n_clusters=8, block=BlockSpec(1, 4)))
    first, second = (pack(compress(load_model(mixed[0]), recipe))[0] for _ in range(2))
    assert first == second


def test_any_safetensors_reader_opens_it(mixed, tmp_path):
    """It lists indices and codebooks; the metadata hold recipe, version and digests."""
    model = load_model(mixed[0])
    path = tmp_path / "small.safetensors"
    save(compress(model, Recipe(plan=LayerPlan(coding="packed"))), path)
    with safe_open(path, "pt") as file:
        assert {"a.weight.indices", "a.weight.codebook", "a.bias"} <= set(file.keys())
        said = json.loads(file.metadata()[METADATA_KEY])
    assert said["format"] == 1
    assert said["model"]["sha256"] == model.digest
    assert Recipe.from_dict(said["recipe"]).plan.coding == "packed"


def test_decoding_restores_names_shapes_and_dtypes(mixed, tmp_path):
    """The wrapper's prefix is back, tied tensors stand under both names, integers are untouched."""
    path = tmp_path / "dense.safetensors"
    write_dense(compress(load_model(mixed[0]), Recipe()).decoded(), path)
    dense, (_, state) = load_file(path), mixed
    assert {k: (v.shape, v.dtype) for k, v in dense.items()} == {
        k: (v.shape, v.dtype) for k, v in state.items()
    }
    assert torch.equal(dense["module.steps"], state["module.steps"])
    assert torch.equal(dense["module.a.weight"], dense["module.tied.weight"])


def test_decoded_weights_are_what_was_judged(mixed, tmp_path):
    """The error in the report is that of the decoded file, rounding to bfloat16 included."""
    small = compress(load_model(mixed[0]), Recipe())
    path = tmp_path / "dense.safetensors"
    write_dense(small.decoded(), path)
    dense, (_, state) = load_file(path), mixed
    for layer in small.layers:
        gap = dense["module." + layer.name].double() - state["module." + layer.name].double()
        assert layer.distortion == pytest.approx(float(gap.square().mean()), rel=1e-9)


def test_a_dense_model_opens_as_itself_and_a_packed_one_decoded(mixed, tmp_path):
    """One door for both."""
    path = tmp_path / "small.safetensors"
    small = compress(load_model(mixed[0]), Recipe())
    save(small, path)
    assert open_model(mixed[0]).digest == small.original.digest
    np.testing.assert_array_equal(
        open_model(path).tensors["a.weight"], small.decoded().tensors["a.weight"]
    )
    with pytest.raises(ModelFileError):
        load_model(path)


def test_a_plain_safetensors_file_is_not_taken_for_a_packed_one(tmp_path):
    """The sentence says what it is."""
    path = tmp_path / "plain.safetensors"
    save_file({"w": torch.zeros(20, 20)}, path)
    with pytest.raises(ModelFileError, match="not one that this program packed"):
        load(path)


@pytest.fixture(scope="module")
def packed(mixed):
    plan = LayerPlan(n_clusters=4, coding="packed")
    return pack(compress(load_model(mixed[0]), Recipe(plan=plan)))[0]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_no_changed_byte_goes_unnoticed(packed, where, byte):
    """One byte changed anywhere: refused, or in the JSON text and still the same weights."""
    damaged = bytearray(packed)
    position = int(where * len(packed))
    damaged[position] = byte
    try:
        again = read_packed(bytes(damaged), "damaged")
    except WeightClusteringError:
        return
    good = read_packed(packed, "good")
    for name in good.weights.keys() & again.weights.keys():
        assert again.weights[name].decode().size == good.weights[name].decode().size


def test_files_are_read_as_their_bytes_are(packed, tmp_path):
    """A file is read tensor by tensor, and refused for the same damage."""
    path = tmp_path / "damaged"
    for position in range(0, len(packed), 97):
        content = bytearray(packed)
        content[position] ^= 1
        path.write_bytes(content)
        said = []
        for source in (bytes(content), path):
            try:
                weights = read_packed(source, "damaged").weights
                said.append([weight.decode().tobytes() for weight in weights.values()])
            except ModelFileError:
                said.append("refused")
        assert said[0] == said[1], position


@given(st.floats(0, 1, exclude_max=True))
def test_truncated_files_are_refused(packed, where):
    """Cut anywhere."""
    with pytest.raises(ModelFileError):
        read_packed(packed[: int(where * len(packed))], "cut")


def repacked(packed, change):
    """Return the packed file with its metadata changed."""
    length = int.from_bytes(packed[:8], "little")
    header = json.loads(packed[8 : 8 + length])
    said = json.loads(header["__metadata__"][METADATA_KEY])
    change(said)
    header["__metadata__"][METADATA_KEY] = json.dumps(said)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + packed[8 + length :]


LIES = {
    "a shape of a million million": lambda said: said["layers"]["a.weight"].update(
        shape=[10**6, 10**6]
    ),
    "a negative shape": lambda said: said["layers"]["a.weight"].update(shape=[-24, -10]),
    "a shape that is text": lambda said: said["layers"]["a.weight"].update(shape="24x10"),
    "an impossible block": lambda said: said["layers"]["a.weight"].update(block="0x0"),
    "another block": lambda said: said["layers"]["a.weight"].update(block="2x2"),
    "an unknown dtype": lambda said: said["layers"]["a.weight"].update(dtype="float13"),
    "an error that is no number": lambda said: said["layers"]["a.weight"].update(mse="NaN"),
    "a layer that is not there": lambda said: said["layers"].update(x=said["layers"]["a.weight"]),
    "a wrong checksum": lambda said: said.update(sha256="0" * 64),
    "no layers": lambda said: said.pop("layers"),
    "layers that are a list": lambda said: said.update(layers=[1]),
    "a future format": lambda said: said.update(format=4),
    "a format that is no number": lambda said: said.update(format="3"),
    "codings that are a list": lambda said: said["layers"]["a.weight"].update(codings=["packed"]),
    "an unknown coding": lambda said: said["layers"]["a.weight"].update(
        codings={"indices": "huffman"}
    ),
    "another coding": lambda said: said["layers"]["a.weight"].update(codings={"indices": "coded"}),
    "a broken recipe": lambda said: said.update(recipe={"seed": "x"}),
    "a tie to nothing": lambda said: said["tied"].update(a="nothing"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_metadata_that_lie_are_refused(packed, lie):
    """Whatever the JSON says, the answer is one clear error."""
    with pytest.raises(ModelFileError, match="cannot be decoded"):
        read_packed(repacked(packed, lie), "lying")


def test_four_bits_take_four_bits(mixed):
    """Payload bytes follow from the number of blocks: ceil(n * bits / 8)."""
    small = compress(load_model(mixed[0]), Recipe(plan=LayerPlan(n_clusters=16, coding="packed")))
    for layer in small.layers:
        assert layer.index_bytes == -(-prod(layer.shape) * 4 // 8)
