"""Indices to bytes and back, exactly."""

from wc_core.coding.bitpack import pack_indices, packed_bytes, unpack_indices
from wc_core.coding.cheapest import read_indices, stored_indices
from wc_core.coding.frequencies import code_lengths, table_bytes
from wc_core.coding.positions import decode_positions, encode_positions
from wc_core.coding.rans import decode_indices, encode_indices

__all__ = [
    "code_lengths",
    "decode_indices",
    "decode_positions",
    "encode_indices",
    "encode_positions",
    "pack_indices",
    "packed_bytes",
    "read_indices",
    "stored_indices",
    "table_bytes",
    "unpack_indices",
]
