"""The list of known architectures."""

from collections.abc import Callable, Mapping

from wc_core.models.zoo._torch_forward import TorchForward
from wc_core.registry import Registry

Shapes = Mapping[str, tuple[int, ...]]

# A family looks at names and shapes alone, cheaply and without torch, and proposes
# its member that comes closest, or None if the names are not its own. Whether the
# proposal fits to the last tensor is for `recognise` to find out.
Family = Callable[[Shapes], TorchForward | None]

ARCHITECTURES: Registry[Family] = Registry("architecture")


def has(shapes: Shapes, ndims: Mapping[str, int]) -> bool:
    """Whether all the names are there, each with as many dimensions as given.

    Examples
    --------
    >>> has({"fc.weight": (10, 84)}, {"fc.weight": 2})
    True
    >>> has({"fc.weight": (10,)}, {"fc.weight": 2})
    False
    """
    return all(name in shapes and len(shapes[name]) == n for name, n in ndims.items())
