"""Charts: reports and arrays in, plotly figures out; one chart a file."""

from wc_core.charts._figure import chart_alt, chart_name
from wc_core.charts._rows import chart_csv, chart_rows, has_rows
from wc_core.charts.accuracy_interval import accuracy_interval
from wc_core.charts.algorithm_steps import algorithm_steps, steps_legend
from wc_core.charts.assignment_map import assignment_map
from wc_core.charts.block_grid import block_grid
from wc_core.charts.centroid_embedding import centroid_embedding
from wc_core.charts.class_scores import class_scores
from wc_core.charts.cluster_sizes import cluster_sizes
from wc_core.charts.compared_planes import compared_planes
from wc_core.charts.compared_scores import compared_scores
from wc_core.charts.compared_sizes import compared_sizes
from wc_core.charts.compared_values import compared_values
from wc_core.charts.confusion_matrix import confusion_matrix
from wc_core.charts.entry_members import entry_members
from wc_core.charts.layer_curves import layer_curves
from wc_core.charts.layer_error import layer_error
from wc_core.charts.layer_sizes import layer_sizes
from wc_core.charts.live_codebook import live_codebook
from wc_core.charts.model_sparsity import model_sparsity
from wc_core.charts.size_breakdown import size_breakdown
from wc_core.charts.size_waterfall import size_waterfall
from wc_core.charts.sparsity_heatmap import sparsity_heatmap
from wc_core.charts.weight_histogram import weight_histogram
from wc_core.charts.weight_image import weight_image

__all__ = [
    "accuracy_interval",
    "algorithm_steps",
    "assignment_map",
    "block_grid",
    "centroid_embedding",
    "chart_alt",
    "chart_csv",
    "chart_name",
    "chart_rows",
    "class_scores",
    "cluster_sizes",
    "compared_planes",
    "compared_scores",
    "compared_sizes",
    "compared_values",
    "confusion_matrix",
    "entry_members",
    "has_rows",
    "layer_curves",
    "layer_error",
    "layer_sizes",
    "live_codebook",
    "model_sparsity",
    "size_breakdown",
    "size_waterfall",
    "sparsity_heatmap",
    "steps_legend",
    "weight_histogram",
    "weight_image",
]
