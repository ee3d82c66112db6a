"""The command line: `python -m wc_core inspect | compress | compare | ... | export`."""

import argparse
import gc
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wc_core.cli.files import add_files, export_files
from wc_core.cli.options import add_data, add_recipe, evaluation_config, recipe_from
from wc_core.cli.parts import Parts
from wc_core.cli.text import answer_text
from wc_core.cli.watch import watch
from wc_core.errors import WeightClusteringError
from wc_core.json_form import finite
from wc_core.words import _

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, or 2 with one line on stderr on bad input."""
    options = _parser().parse_args(arguments)
    started = time.perf_counter()
    try:
        answer: dict[str, Any] = options.command(options)
    except WeightClusteringError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or options.model}: {error.strerror or error}")
    answer["seconds"] = round(time.perf_counter() - started, 3)
    print(json.dumps(answer) if options.json else answer_text(answer))
    return 0


def inspect(options: argparse.Namespace) -> dict[str, Any]:
    """List the tensors of a model, and which of them a recipe would cluster."""
    from wc_core.export import open_model
    from wc_core.models import list_layers

    model = open_model(options.model)
    layers = list_layers(model.infos, recipe_from(options))
    return {
        **_model_facts(model),
        "layers": [_layer_facts(layer) for layer in layers],
        "parameters": model.n_parameters,
        "original_bytes": model.file_bytes,
    }


def compress(options: argparse.Namespace) -> dict[str, Any]:
    """Cluster a model, write the packed file and report its size and, with data, its accuracy.

    Without an output the file is built, read back and compared all the same, and thrown away.
    """
    parts = Parts()
    with parts.time("importing"):
        from wc_core.export import open_model
    with parts.time("reading"):
        model = open_model(options.model)
    baseline = _evaluated(options, model, parts=parts)
    whole = bool(options.data) or options.bits_per_weight is not None or not options.output
    compressed, sizes = (_in_memory if whole else _to_file)(model, options, parts)
    after = _evaluated(options, compressed, baseline, parts=parts)
    return {
        **_model_facts(model),
        "output": str(options.output) if options.output else None,
        "recipe": compressed.recipe.to_dict(),
        "layers": _all_layers(compressed),
        "bits_per_weight": compressed.bits_per_weight,
        "sqnr_db": finite(compressed.sqnr_db),
        **{key: value for key, value in sizes.to_dict().items() if key != "items"},
        "bytes_by_kind": dict(sizes.by_kind()),
        **_quality(after, baseline),
        "timings": parts.seconds,
    }


def _in_memory(model: Any, options: argparse.Namespace, parts: Parts) -> tuple[Any, Any]:
    """Compress; the file is written at the end, if one is wanted at all."""
    from wc_core.compression import compress_steps
    from wc_core.export import pack, save

    recipe, bits = recipe_from(options), options.bits_per_weight
    with parts.time("clustering"):
        if bits is None:
            compressed = watch(compress_steps(model, recipe), options)
        else:
            from wc_core.search import rate_target_steps

            steps = rate_target_steps(model, recipe, bits_per_weight=bits)
            compressed = watch(steps, options).compressed
    with parts.time("writing"):
        sizes = save(compressed, options.output) if options.output else pack(compressed)[1]
    return compressed, sizes


def _to_file(model: Any, options: argparse.Namespace, parts: Parts) -> tuple[Any, Any]:
    """Compress layer by layer to the file, with few of them in memory."""
    from wc_core.export import compress_to_file_steps

    steps = compress_to_file_steps(model, recipe_from(options), options.output)
    written = watch(steps, options)
    for part in ("clustering", "packing", "writing"):
        parts.add(part, getattr(written, part))
    return written.compressed, written.sizes


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Cluster the same layers with several algorithms and report what each makes of them."""
    from wc_core.export import open_model
    from wc_core.search import compare_steps, default_algorithms

    model = open_model(options.model)
    dataset, config = _dataset(options, model)
    names = options.algorithms or default_algorithms()
    steps = compare_steps(model, recipe_from(options), names, dataset, config)
    return {**_model_facts(model), **watch(steps, options).to_dict()}


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Measure a model, dense or packed, and its agreement with another."""
    from wc_core.export import open_model

    model = open_model(options.model)
    reference = _evaluated(options, open_model(options.compare)) if options.compare else None
    facts = {**_model_facts(model), "original_bytes": model.file_bytes}
    facts["stored_bytes"] = (
        None if _is_sample(options.model) else Path(options.model).stat().st_size
    )
    return {**facts, **_quality(_evaluated(options, model, reference), reference)}


def decode(options: argparse.Namespace) -> dict[str, Any]:
    """Turn a packed file back into a dense one that loads where the original did."""
    from wc_core.export import load, write_dense

    compressed = load(options.model)
    written = write_dense(compressed.decoded(), options.output)
    return {
        "model": compressed.name,
        "output": str(options.output),
        "layers": _all_layers(compressed),
        "written_bytes": written,
    }


def export(options: argparse.Namespace) -> dict[str, Any]:
    """Write a packed file in other formats: ONNX, Core ML, PyTorch, dense safetensors, scripts.

    Each file is read back and compared. What a format cannot hold is left out with the reason,
    unless the format is asked for by name.
    """
    return export_files(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wc_core", description=_("Cluster and share the weights of neural networks.")
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    model = _("a model file, or sample:lenet5, sample:lenet_300_100")

    def command(run: Any, file_help: str) -> argparse.ArgumentParser:
        summary = str(run.__doc__).partition("\n")[0]
        sub = commands.add_parser(run.__name__, help=summary, description=run.__doc__)
        sub.add_argument("model", metavar="MODEL", help=file_help)
        sub.add_argument("--json", action="store_true", help=_("print one JSON object on stdout"))
        sub.set_defaults(command=run)
        return sub

    add_recipe(command(inspect, model))
    sub = command(compress, model)
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT.safetensors",
        help=_("without it everything is measured, and nothing is kept"),
    )
    sub.add_argument(
        "--bits-per-weight",
        type=float,
        metavar="B",
        help=_("one price of a bit for all layers, so that they take no more than this"),
    )
    add_recipe(sub)
    add_data(sub)
    sub = command(compare, model)
    sub.add_argument("--algorithms", nargs="+", metavar="NAME", help=_("a few, if none is named"))
    add_recipe(sub)
    add_data(sub)
    sub = command(evaluate, _("a model file, dense or packed"))
    add_data(sub)
    sub.set_defaults(data="sample")
    sub.add_argument("--compare", metavar="ORIGINAL", help=_("report the agreement with it"))
    sub = command(decode, _("a packed file"))
    sub.add_argument("-o", "--output", required=True, type=Path, metavar="DENSE")
    add_files(command(export, _("a packed file")))
    return parser


def _evaluated(
    options: argparse.Namespace, model: Any, reference: Any = None, parts: Parts | None = None
) -> Any:
    """Evaluate a model if data were given."""
    if not options.data:
        return None
    from wc_core.evaluation import evaluate_steps

    with (parts or Parts()).time("measuring"):
        dataset, config = _dataset(options, model)
        return watch(evaluate_steps(model, dataset, config, reference=reference), options)


def _dataset(options: argparse.Namespace, model: Any) -> tuple[Any, Any]:
    """Return the data given and how the model is measured on them; None twice without."""
    if not options.data:
        return None, None
    from wc_core.data import load_dataset

    dataset = load_dataset(options.data)
    return dataset, evaluation_config(options, model, dataset)


def _model_facts(model: Any) -> dict[str, Any]:
    return {
        "model": model.name,
        "format": model.format,
        "sha256": model.digest,
        "architecture": model.forward.name if model.forward else None,
        "missing": model.missing or None,
        "notes": list(model.notes),
    }


def _layer_facts(layer: Any) -> dict[str, Any]:
    return {
        "name": layer.name,
        "shape": list(layer.shape),
        "dtype": layer.dtype,
        "parameters": layer.n_weights,
        "skipped": layer.skipped or None,
    }


def _all_layers(compressed: Any) -> list[dict[str, Any]]:
    """List every tensor in the model's order: clustered ones with their report."""
    reports = {layer.name: layer.to_dict() for layer in compressed.layers}
    skipped = {layer.name: layer for layer in compressed.skipped}
    listed = []
    for info in compressed.original.infos:
        if info.name in reports:
            report = reports[info.name]
            listed.append({**report, "parameters": report.pop("n_weights"), "skipped": None})
        else:
            listed.append(_layer_facts(skipped[info.name]))
    return listed


def _quality(report: Any, baseline: Any) -> dict[str, Any]:
    values = report.to_dict() if report else {}
    return {
        "accuracy": values.pop("accuracy", None),
        "baseline_accuracy": baseline.accuracy if baseline else None,
        "n_samples": values.pop("n_samples", None),
        "agreement": values.pop("agreement", None),
        "confusion": values.pop("confusion", None),
        "evaluation": values or None,
    }


def _is_sample(source: str) -> bool:
    return source.startswith("sample:")


def _refuse(reason: str) -> int:
    print(f"wc_core: {' '.join(reason.split())}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    # Libraries make a million objects that stay: nobody need look among them for garbage often,
    # and least of all at the end, where it takes longer than some commands do.
    gc.set_threshold(100_000, 50, 50)
    status = main()
    gc.freeze()
    sys.exit(status)
