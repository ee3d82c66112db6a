"""Pruners, one a file, filed in `PRUNERS`: which weights are set to zero before clustering."""

from wc_core.pruning import block_magnitude as _block_magnitude  # noqa: F401  (registers)
from wc_core.pruning import channel as _channel  # noqa: F401  (registers)
from wc_core.pruning import global_magnitude as _global_magnitude  # noqa: F401  (registers)
from wc_core.pruning import magnitude as _magnitude  # noqa: F401  (registers)
from wc_core.pruning import n_m as _n_m  # noqa: F401  (registers)
from wc_core.pruning import zeros as _zeros  # noqa: F401  (registers)
from wc_core.pruning._base import PRUNERS, Pruner, check_pruning, make_pruner, prune
from wc_core.pruning.global_magnitude import ALONE, global_shares

__all__ = ["ALONE", "PRUNERS", "Pruner", "check_pruning", "global_shares", "make_pruner", "prune"]
