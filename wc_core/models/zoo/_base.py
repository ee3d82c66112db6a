"""What a family of architectures gives, and where families are filed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from torch import nn

from wc_core.models.model import InputShape
from wc_core.registry import Registry

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Design:
    """An architecture whose free numbers were read off the shapes of a state dict.

    Parameters
    ----------
    name : str
        For people.
    n_classes : int
    input_shape : tuple
        Channels, height, width; None where any size will do.
    default_preprocess : str
        Key in `wc_core.data.PRESETS`.
    build : callable
        Makes the module, on whatever device is the default.
    names : mapping of str to str
        Parameter of the module -> tensor of the state dict, where they differ.
    """

    name: str
    n_classes: int
    input_shape: InputShape
    default_preprocess: str
    build: Callable[[], nn.Module]
    names: Mapping[str, str] = field(default_factory=dict)


Family: TypeAlias = Callable[[Shapes], Design | None]

# A family looks at names and shapes and says which of its members they could be; whether
# they truly are is checked against the module that the design builds.
ARCHITECTURES: Registry[Family] = Registry("architecture")


def side(shapes: Shapes, name: str, axis: int, default: int = 0) -> int:
    """Return one side of a tensor, or the default where there is no such tensor or axis."""
    shape = shapes.get(name, ())
    return shape[axis] if -len(shape) <= axis < len(shape) else default
