"""Our files are those of the format's own library, byte for byte."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from safetensors import TensorSpec, serialize

from wc_core.export._safetensors import serialized
from wc_core.models.weights import ITEM_BYTES
from wc_core.stored import StoredTensor

shapes = st.lists(st.integers(0, 4), max_size=3)
tensors = st.dictionaries(
    st.text(max_size=9), st.tuples(st.sampled_from(sorted(ITEM_BYTES)), shapes), max_size=9
)


@given(tensors, st.none() | st.text(max_size=20))
def test_the_bytes_are_the_library_s(described, metadata):
    """Order of tensors, header, escapes and padding, for all names, types and shapes."""
    described = {n: s for n, s in described.items() if n != "__metadata__"}
    data = {
        name: np.arange(ITEM_BYTES[dtype] * int(np.prod(shape)), dtype=np.uint8)
        for name, (dtype, shape) in described.items()
    }
    specs = {
        name: TensorSpec(
            dtype=dtype, shape=shape, data_ptr=data[name].ctypes.data, data_len=data[name].nbytes
        )
        for name, (dtype, shape) in described.items()
    }
    stored = {
        name: StoredTensor.from_bytes(dtype, tuple(shape), data[name].tobytes())
        for name, (dtype, shape) in described.items()
    }
    said = {} if metadata is None else {"key": metadata}
    expected = bytes(serialize(specs, metadata=said or None))
    assert b"".join(bytes(piece) for piece in serialized(stored, said)) == expected
