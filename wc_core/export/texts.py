"""What makes the files again: the recipe, a command line, a Python script."""

import ast
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from wc_core.assets import SAMPLE_MODELS
from wc_core.compression import CompressedModel
from wc_core.export._exporter import EXPORTERS, ExportedFile, Exporter, file_name
from wc_core.export._safetensors import write_at_once
from wc_core.export.container import Packed
from wc_core.export.dense import Dense
from wc_core.recipe import Recipe
from wc_core.words import _, mark

_ENDINGS = {"torch": ".pth", "onnx": ".onnx"}
_HERE = "RECIPE"

_COMMANDS = """\
#!/bin/sh
# Makes {packed} again. The original file has the SHA-256
# {digest}.
set -eu
model=${{1:-{source}}}
cat > {recipe} <<'{here}'
{json}
{here}
python -m wc_core compress "$model" --recipe {recipe} -o {packed}
"""

_SCRIPT = '''\
"""Makes {packed} again, and opens what it holds.

The original file has the SHA-256 {digest}.
"""

import sys

RECIPE = {json}
ORIGINAL = {source}


def compress_again(original=ORIGINAL, path={packed_text}):
    """Cluster the original as before and write the packed file."""
    from wc_core import Recipe, compress, load_model, save

    small = compress(load_model(original), Recipe.from_json(RECIPE))
    return save(small, path)


def open_dense(path={dense}):
    """Return the decoded tensors by name; needs safetensors and numpy alone."""
    from safetensors.numpy import load_file

    return load_file(path)


def open_packed(path={packed_text}):
    """Return the packed file's own parts by name: indices, codebooks, untouched tensors.

    decoder.py, which lies in everything.zip, turns them into weights with numpy alone:
    python decoder.py {packed} weights.npz
    """
    from safetensors.numpy import load_file

    return load_file(path)


if __name__ == "__main__":
    compress_again(*sys.argv[1:])
'''


@EXPORTERS.register("recipe")
class RecipeFile(Exporter):
    """The recipe as JSON."""

    title: ClassVar[str] = mark("Recipe (JSON)")
    about: ClassVar[str] = mark("What was asked for, layer by layer: open it here or with --recipe")
    suffix: ClassVar[str] = ".recipe.json"

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the recipe; what is read is the same recipe."""
        return _written("recipe", compressed, path, recipe_text(compressed), lambda text: text)


@EXPORTERS.register("command_line")
class CommandLine(Exporter):
    """A shell script that makes the packed file again."""

    title: ClassVar[str] = mark("Command line (.sh)")
    about: ClassVar[str] = mark("Makes the packed file again from the original, byte for byte")
    suffix: ClassVar[str] = ".sh"

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the script; the recipe in it is read back."""
        text = command_line(compressed)
        return _written("command_line", compressed, path, text, _recipe_of_script)


@EXPORTERS.register("python")
class PythonScript(Exporter):
    """A Python script that makes the packed file again, and opens the files elsewhere."""

    title: ClassVar[str] = mark("Python script")
    about: ClassVar[str] = mark(
        "Makes the packed file again, and opens the files with plain safetensors and numpy"
    )
    suffix: ClassVar[str] = ".py"

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the script; it compiles, and the recipe in it is read back."""
        text = python_script(compressed)
        return _written("python", compressed, path, text, _recipe_of_python)


def recipe_text(compressed: CompressedModel) -> str:
    """Return the recipe as indented JSON."""
    return json.dumps(compressed.recipe.to_dict(), indent=2, ensure_ascii=False) + "\n"


def command_line(compressed: CompressedModel) -> str:
    """Return a shell script that makes the packed file again.

    The recipe stands in it, so that it needs no other file than the original.
    """
    return _COMMANDS.format(
        packed=shlex.quote(file_name(compressed, Packed.suffix)),
        recipe=shlex.quote(file_name(compressed, RecipeFile.suffix)),
        source=shlex.quote(_source(compressed)),
        digest=compressed.original.digest,
        json=recipe_text(compressed).rstrip(),
        here=_HERE,
    )


def python_script(compressed: CompressedModel) -> str:
    """Return a Python script that makes the packed file again, and opens the files elsewhere."""
    return _SCRIPT.format(
        packed=file_name(compressed, Packed.suffix),
        packed_text=repr(file_name(compressed, Packed.suffix)),
        dense=repr(file_name(compressed, Dense.suffix)),
        source=repr(_source(compressed)),
        digest=compressed.original.digest,
        json=repr(compressed.recipe.to_json()),
    )


def _source(compressed: CompressedModel) -> str:
    """Return what the original is called on a command line, as far as that is known."""
    model = compressed.original
    if model.name in SAMPLE_MODELS:
        return f"sample:{model.name}"
    return file_name(compressed, _ENDINGS.get(model.format, ".safetensors"))


def _recipe_of_script(text: str) -> str:
    return text.partition(f"<<'{_HERE}'\n")[2].partition(f"\n{_HERE}\n")[0]


def _recipe_of_python(text: str) -> str:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RECIPE":
            return str(ast.literal_eval(node.value))
    return ""


def _written(
    name: str,
    compressed: CompressedModel,
    path: Path,
    text: str,
    recipe_in: Callable[[str], str],
) -> ExportedFile:
    """Write a text, and prove that the recipe can be read from it."""

    def check(written: Path) -> int:
        again = Recipe.from_json(recipe_in(written.read_text(encoding="utf-8")))
        if again != compressed.recipe:
            msg = f"the recipe in {path.name} is not the one that was meant"
            raise AssertionError(msg)
        return written.stat().st_size

    n_bytes = write_at_once(path, [text.encode()], check)
    return ExportedFile(name, path, n_bytes, _("the recipe in it reads back as the same"))
