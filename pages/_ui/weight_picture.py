"""A layer's weights as an image, before, after, and what changed."""

from pages._ui.desk import Desk
from pages._ui.one_layer import layer_choice
from pages._ui.pair import mode_choice
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart


def weight_picture(_desk: Desk, result: RunResult) -> None:
    """Show the matrix of one layer."""
    from wc_core import charts

    compressed = result.compressed
    if compressed is None:
        return
    name = layer_choice(compressed, "quality.weights_layer")
    mode = mode_choice("quality.weights_mode", default="after")
    coded = compressed.weights[name]
    shape = coded.grid.matrix_shape
    original = compressed.original.tensors[name].reshape(shape)
    show_chart(charts.weight_image(original, coded.decode().reshape(shape), mode, layer=name))
