"""The images that an exported graph is made for."""

from wc_core.data import PRESETS
from wc_core.models import Forward

_UNKNOWN_SIDE = 224  # of images of any size whose preprocessing does not crop


def image_shape(forward: Forward) -> tuple[int, int, int]:
    """Return channels, height and width: what the architecture's preprocessing gives."""
    channels, height, width = forward.input_shape
    side = PRESETS[forward.default_preprocess].crop or _UNKNOWN_SIDE
    return channels, height or side, width or side
