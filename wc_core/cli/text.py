"""What the command line prints for people; the JSON form has all of it."""

from typing import Any


def answer_text(answer: dict[str, Any]) -> str:
    """Return an answer as lines."""
    lines = []
    for key, value in answer.items():
        if isinstance(value, float):
            value = f"{value:.4f}".rstrip("0").rstrip(".")
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            lines.append(f"{key.replace('_', ' ')}: {value}")
    if "timings" in answer:
        lines.append(_time_line(answer["timings"]))
    lines += _layer_lines(answer.get("layers", []))
    lines += _file_lines(answer.get("files", []), answer.get("left_out", {}))
    return "\n".join([*lines, *_row_lines(answer.get("rows", []))])


def _time_line(timings: dict[str, float]) -> str:
    return "time: " + ", ".join(f"{part} {seconds:.2f} s" for part, seconds in timings.items())


def _layer_lines(layers: list[dict[str, Any]]) -> list[str]:
    width = max((len(layer["name"]) for layer in layers), default=0)
    lines = []
    for layer in layers:
        shape = "x".join(map(str, layer["shape"]))
        what = layer["skipped"]
        if not what and "entries" in layer:
            what = f"k={layer['entries']}, {layer['stored_bytes']} B"
            what += f", {layer['sqnr_db']:.2f} dB" if layer["sqnr_db"] is not None else ""
            if layer.get("n_pruned"):
                what += f", {layer['n_pruned'] / layer['parameters']:.1%} pruned"
        lines.append(f"  {layer['name']:{width}}  {shape:>16}  {what or ''}".rstrip())
    return lines


def _file_lines(files: list[dict[str, Any]], left_out: dict[str, str]) -> list[str]:
    """Return one line a file and a line for what there is to say of it; then what is missing."""
    lines = []
    for file in files:
        lines.append(f"  {file['file']:40}{file['bytes']:>14,} B")
        lines += [f"    {said}" for said in (file["checked"], *file["notes"])]
    return lines + [f"  {name}: {reason}" for name, reason in left_out.items()]


def _row_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Return one line an algorithm, columns under each other."""
    columns = {
        "sqnr_db": "dB",
        "bits_per_weight": "bits/weight",
        "entries": "entries",
        "accuracy": "accuracy",
        "seconds": "s",
    }
    lines = [f"{'':20}" + "".join(f"{unit:>13}" for unit in columns.values())] if rows else []
    for row in rows:
        said = row["refusal"] or "".join(_cell(row[name]) for name in columns)
        lines.append(f"  {row['algorithm']:18}{said}")
    return lines


def _cell(value: float | None) -> str:
    text = "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
    return f"{text:>13}"
