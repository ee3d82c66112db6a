"""Telling an architecture by the names and shapes of its tensors."""

from collections.abc import Mapping

from wc_core.models.zoo._registry import ARCHITECTURES, Shapes
from wc_core.models.zoo._torch_forward import TorchForward, is_counter
from wc_core.words import _

N_SHOWN = 3  # differing tensors that a sentence names
NEAR = 0.5  # a near miss has at most this share of its tensors different


def recognise(shapes: Mapping[str, tuple[int, ...]]) -> tuple[TorchForward | None, str]:
    """Find the architecture whose tensors are exactly these.

    Step counters of batch norms may be there or not. Torch is imported only if the
    names look like those of a known family.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Every tensor of a state dict.

    Returns
    -------
    forward : TorchForward or None
    missing : str
        Empty if recognised; else why not and what to do.
    """
    given = {name: shape for name, shape in shapes.items() if not is_counter(name)}
    if any(0 in shape for shape in given.values()):
        return None, _unknown()
    nearest: tuple[float, TorchForward, list[str]] | None = None
    for family in ARCHITECTURES:
        forward = ARCHITECTURES[family](given)
        if forward is None:
            continue
        expected = forward.expected_shapes()
        differing = _differing(given, expected)
        if not differing:
            return forward, ""
        share = len(differing) / len(expected)
        if share <= NEAR and (nearest is None or share < nearest[0]):
            nearest = (share, forward, _differences(given, expected, differing))
    return None, _unknown() if nearest is None else _near_miss(nearest[1], nearest[2])


def _differing(given: Shapes, expected: Shapes) -> list[str]:
    """Return names that only one side has or whose shapes differ."""
    names = [*expected, *(name for name in given if name not in expected)]
    return [name for name in names if given.get(name) != expected.get(name)]


def _differences(given: Shapes, expected: Shapes, differing: list[str]) -> list[str]:
    """Describe the first differing tensors."""
    described = []
    for name in differing[:N_SHOWN]:
        if name not in given:
            text = _("{tensor} is missing")
        elif name not in expected:
            text = _("{tensor} is not part of it")
        else:
            text = _("{tensor} has the shape {shape} instead of {expected}")
        described.append(
            text.format(
                tensor=name, shape=_times(given.get(name)), expected=_times(expected.get(name))
            )
        )
    if len(differing) > N_SHOWN:
        described.append(_("and {n} more differ").format(n=len(differing) - N_SHOWN))
    return described


def _times(shape: tuple[int, ...] | None) -> str:
    """Write a shape for people."""
    return " × ".join(map(str, shape or ())) or _("scalar")


def _near_miss(forward: TorchForward, differences: list[str]) -> str:
    """Say what keeps a model from being the architecture it resembles."""
    return _(
        "The tensors resemble {name}, but do not fit it: {differences}. Everything except accuracy"
        " works; for accuracy, export the model with torch.onnx.export and open the ONNX file."
    ).format(name=forward.name, differences="; ".join(differences))


def _unknown() -> str:
    """Say that nothing known resembles the model."""
    return _(
        "The architecture is not known from the names and shapes of the tensors. Everything except"
        " accuracy works; for accuracy, export the model with torch.onnx.export and open the ONNX"
        " file."
    )
