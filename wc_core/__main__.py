"""The command line: `python -m wc_core inspect | compress | evaluate | decode`."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wc_core.errors import ConfigError, WeightClusteringError
from wc_core.json_form import finite
from wc_core.params import IntRange
from wc_core.progress import Progress
from wc_core.recipe import PLAN_SPACE, BlockSpec, LayerPlan, Recipe
from wc_core.words import _

BAD_INPUT = 2
# What a plan holds beside algorithm, clusters and block, each an option of its own.
PLAN_OPTIONS = tuple(name for name in PLAN_SPACE if name != "n_clusters")


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
    print(json.dumps(answer) if options.json else _text(answer))
    return 0


def inspect(options: argparse.Namespace) -> dict[str, Any]:
    """List the tensors of a model, and which of them a recipe would cluster."""
    from wc_core.export import open_model
    from wc_core.models import list_layers

    model = open_model(options.model)
    layers = list_layers(model.infos, _recipe(options))
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
    from wc_core.compression import compress_steps
    from wc_core.export import open_model, pack, save

    model = open_model(options.model)
    baseline = _evaluated(options, model)
    compressed = _watch(compress_steps(model, _recipe(options)), options)
    sizes = save(compressed, options.output) if options.output else pack(compressed)[1]
    after = _evaluated(options, compressed, baseline)
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
    }


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wc_core", description=_("Cluster and share the weights of neural networks.")
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    model = _("a model file, or sample:lenet5, sample:lenet_300_100")

    def command(run: Any, file_help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        sub.add_argument("model", metavar="MODEL", help=file_help)
        sub.add_argument("--json", action="store_true", help=_("print one JSON object on stdout"))
        sub.set_defaults(command=run)
        return sub

    _add_recipe(command(inspect, model))
    sub = command(compress, model)
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT.safetensors",
        help=_("without it everything is measured, and nothing is kept"),
    )
    _add_recipe(sub)
    _add_data(sub)
    sub = command(evaluate, _("a model file, dense or packed"))
    _add_data(sub)
    sub.set_defaults(data="sample")
    sub.add_argument("--compare", metavar="ORIGINAL", help=_("report the agreement with it"))
    sub = command(decode, _("a packed file"))
    sub.add_argument("-o", "--output", required=True, type=Path, metavar="DENSE")
    return parser


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    plan, recipe = LayerPlan(), Recipe()
    parser.add_argument("--recipe", type=Path, metavar="R.json", help=_("a recipe file"))
    parser.add_argument("--algorithm", metavar="NAME", help=plan.algorithm)
    parser.add_argument("--clusters", type=int, metavar="K", help=str(plan.n_clusters))
    parser.add_argument("--block", metavar="ROWSxCOLS", help=str(plan.block))
    for name in PLAN_OPTIONS:
        integer = isinstance(PLAN_SPACE[name], IntRange)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=int if integer else str,
            metavar="N" if integer else "NAME",
            help=PLAN_SPACE[name].describe(),
        )
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help=_("of the algorithm")
    )
    parser.add_argument("--layers", nargs="+", metavar="GLOB", help=_("layers to cluster"))
    parser.add_argument(
        "--include", nargs="+", metavar="GLOB", help=_("layers to take although they are skipped")
    )
    parser.add_argument("--min-weights", type=int, metavar="N", help=str(recipe.min_weights))
    parser.add_argument("--seed", type=int, metavar="S", help=str(recipe.seed))


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="D", help=_("sample, or a .npz, .zip or .csv file"))
    parser.add_argument(
        "--preprocess", metavar="P", help=_("a preset, or a JSON object of its fields")
    )
    parser.add_argument("--limit", type=int, metavar="N", help=_("use N images only"))


def _recipe(options: argparse.Namespace) -> Recipe:
    """Read the recipe file, then let the options change it."""
    recipe = Recipe.from_json(_read_text(options.recipe)) if options.recipe else Recipe()
    given = {
        "algorithm": options.algorithm,
        "n_clusters": options.clusters,
        "block": BlockSpec.parse(options.block) if options.block else None,
        **{name: getattr(options, name) for name in PLAN_OPTIONS},
        "params": dict(_param(text) for text in options.param) or None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    recipe = recipe.with_plan(**changes) if changes else recipe
    return Recipe.from_dict({**recipe.to_dict(), **_recipe_options(options)})


def _recipe_options(options: argparse.Namespace) -> dict[str, Any]:
    names = ("layers", "include", "min_weights", "seed")
    return {n: getattr(options, n) for n in names if getattr(options, n) is not None}


def _param(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(_("--param is written NAME=VALUE, got {text!r}").format(text=text))
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(_("{path} is not a text file").format(path=path)) from error


def _evaluated(options: argparse.Namespace, model: Any, reference: Any = None) -> Any:
    """Evaluate a model if data were given."""
    if not options.data:
        return None
    from wc_core.data import load_dataset
    from wc_core.evaluation import evaluate_steps

    dataset = load_dataset(options.data)
    config = _evaluation_config(options, model, dataset)
    return _watch(evaluate_steps(model, dataset, config, reference=reference), options)


def _evaluation_config(options: argparse.Namespace, model: Any, dataset: Any) -> Any:
    from dataclasses import replace

    from wc_core.data import PRESETS, PreprocessSpec
    from wc_core.evaluation import default_config

    config = default_config(model.forward or model.runner(), dataset)
    if options.preprocess and options.preprocess.lstrip().startswith("{"):
        try:
            fields = json.loads(options.preprocess)
        except ValueError as error:
            raise ConfigError(_("--preprocess is not JSON: {e}").format(e=error)) from error
        config = replace(config, preprocess=PreprocessSpec.from_dict(fields))
    elif options.preprocess:
        if options.preprocess not in PRESETS:
            msg = _("no preset is named {name!r}; there are {known}")
            raise ConfigError(msg.format(name=options.preprocess, known=", ".join(PRESETS)))
        config = replace(config, preprocess=PRESETS[options.preprocess])
    return replace(config, limit=options.limit) if options.limit is not None else config


def _watch(steps: Iterator[Progress], options: argparse.Namespace) -> Any:
    """Run work to its end, telling stderr how far it is when somebody watches."""
    watched = sys.stderr.isatty() and not options.json
    result = None
    for record in steps:
        result = record.result
        if watched:
            print(f"\r\x1b[K{record.fraction:4.0%} {record.message}", end="", file=sys.stderr)
    if watched:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return result


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


def _text(answer: dict[str, Any]) -> str:
    """Return an answer as lines for people; the JSON form has all of it."""
    lines = []
    for key, value in answer.items():
        if isinstance(value, float):
            value = f"{value:.4f}".rstrip("0").rstrip(".")
        if isinstance(value, str | int) and not isinstance(value, bool):
            lines.append(f"{key.replace('_', ' ')}: {value}")
    return "\n".join([*lines, *_layer_lines(answer.get("layers", []))])


def _layer_lines(layers: list[dict[str, Any]]) -> list[str]:
    width = max((len(layer["name"]) for layer in layers), default=0)
    lines = []
    for layer in layers:
        shape = "x".join(map(str, layer["shape"]))
        what = layer["skipped"]
        if not what and "entries" in layer:
            what = f"k={layer['entries']}, {layer['stored_bytes']} B"
            what += f", {layer['sqnr_db']:.2f} dB" if layer["sqnr_db"] is not None else ""
        lines.append(f"  {layer['name']:{width}}  {shape:>16}  {what or ''}".rstrip())
    return lines


def _refuse(reason: str) -> int:
    print(f"wc_core: {' '.join(reason.split())}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
