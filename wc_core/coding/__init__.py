"""Indices to bytes and back, exactly."""

from wc_core.coding.bitpack import pack_indices, packed_bytes, unpack_indices

__all__ = ["pack_indices", "packed_bytes", "unpack_indices"]
