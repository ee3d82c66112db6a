"""Everything that is said to coremltools: a network converted, palettes put in, packages read."""

import contextlib
import gc
import io
import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ConfigError
from wc_core.export._core_ml_palette import Palette
from wc_core.export._images import image_shape
from wc_core.models.model import Model
from wc_core.models.zoo import TorchForward
from wc_core.models.zoo._onnx_trace import IMAGES, LOGITS
from wc_core.words import _

# These would fold norms and scales into weights, which then were no longer those of the palette.
_FOLDING = {"common::fuse_conv_batchnorm", "common::fuse_conv_scale", "common::divide_to_multiply"}
_ONE_AT_A_TIME = threading.Lock()  # coremltools builds programs on a stack of the process
_DENSE = "_dense"  # what makes the weight of a palette, where that takes a second operation


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what coremltools prints to itself, and others from using it at the same time.

    Raises
    ------
    ConfigError
        If coremltools fails, in whatever way.
    """
    log = logging.getLogger("coremltools")
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level = log.level
        log.setLevel(logging.CRITICAL + 1)
        unheard = io.StringIO()
        reason = ""
        try:
            with contextlib.redirect_stdout(unheard), contextlib.redirect_stderr(unheard):
                yield
        except (AssertionError, ConfigError, OSError):
            raise
        except Exception as error:
            # Of a torch that it has not been tried with, it may not understand anything.
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        finally:
            log.setLevel(level)
            gc.collect()  # it leaves folders to the garbage collector, which warns of them
        if reason:
            msg = _("coremltools cannot convert this model: {error}")
            raise ConfigError(msg.format(error=reason))


def write_package(model: Model, palettes: Mapping[str, Palette], path: Path) -> dict[str, str]:
    """Convert a decoded model and put palettes in place of its weights.

    Parameters
    ----------
    model : Model
        Of a known architecture.
    palettes : mapping of str to Palette
        By the name of the tensor.
    path : Path
        A folder that ends in .mlpackage; it must not be there yet.

    Returns
    -------
    dict of str to str
        Name of each tensor that is a palette now, and of the operation that makes it.
    """
    import coremltools

    program = _converted(model)
    names = _put_in(program, model, palettes)
    package = coremltools.convert(
        program,
        convert_to="mlprogram",
        minimum_deployment_target=coremltools.target.iOS18,
        compute_precision=coremltools.precision.FLOAT32,
        pass_pipeline=coremltools.PassPipeline.EMPTY,
        skip_model_load=True,
    )
    package.save(str(path))
    return names


def read_package(path: Path, names: Mapping[str, str]) -> dict[str, tuple[Palette, NDArray]]:
    """Read palettes from a package.

    Parameters
    ----------
    path : Path
    names : mapping of str to str
        Of tensors and operations, as `write_package` returns them.

    Returns
    -------
    dict of str to (Palette, ndarray of float32)
        By the name of the tensor: what is stored, and the weight that it stands for.
    """
    import coremltools
    from coremltools.converters.mil.frontend.milproto.load import load

    spec = coremltools.utils.load_spec(str(path))
    weights = path / "Data" / "com.apple.CoreML" / "weights"
    program = load(spec, spec.specificationVersion, str(weights))
    found = {op.name: op for op in program.functions["main"].operations}
    return {tensor: _palette_of(found, name) for tensor, name in names.items()}


def _converted(model: Model) -> Any:
    """Return a network as coremltools' own program, its weights as they are."""
    import coremltools
    import torch

    assert isinstance(model.forward, TorchForward)
    runner = model.forward.runner(model.tensors)
    state = {name: tensor.cpu().contiguous() for name, tensor in runner.tensors.items()}
    runner.module.load_state_dict(state, assign=True)
    shape = (1, *image_shape(model.forward))
    traced = torch.jit.trace(runner.module, torch.zeros(shape))  # type: ignore[no-untyped-call]
    pipeline = coremltools.PassPipeline.DEFAULT
    pipeline.remove_passes(_FOLDING)
    return coremltools.convert(
        traced,
        inputs=[coremltools.TensorType(IMAGES, shape)],
        outputs=[coremltools.TensorType(LOGITS)],
        convert_to="milinternal",
        minimum_deployment_target=coremltools.target.iOS18,
        compute_precision=coremltools.precision.FLOAT32,
        pass_pipeline=pipeline,
    )


def _put_in(program: Any, model: Model, palettes: Mapping[str, Palette]) -> dict[str, str]:
    """Replace constants by palettes of the same values."""
    from coremltools.converters.mil.mil import Builder

    assert isinstance(model.forward, TorchForward)
    main = program.functions["main"]
    own = {model_name: name for name, model_name in model.forward.renames.items()}
    constants = {op.name: op for op in main.operations if op.op_type == "const"}
    names: dict[str, str] = {}
    with main, Builder.scope(*_scopes()):
        for number, (tensor, palette) in enumerate(palettes.items()):
            constant = constants.get(own.get(tensor, tensor))
            meant = np.asarray(model.tensors[tensor], np.float32)
            if constant is not None and np.array_equal(constant.outputs[0].val, meant):
                names[tensor] = f"palette_{number}"
                _replace(main, constant, palette, names[tensor])
    return names


def _scopes() -> list[Any]:
    """Return where in the network operations stand, without which coremltools refuses them."""
    from coremltools.converters.mil.mil.scope import ScopeInfo, ScopeSource

    sources = (ScopeSource.TORCHSCRIPT_MODULE_TYPE, ScopeSource.TORCHSCRIPT_MODULE_NAME)
    return [ScopeInfo(source=source, data=["palette"]) for source in sources]


def _replace(block: Any, constant: Any, palette: Palette, name: str) -> None:
    from coremltools.converters.mil.mil import Builder, types

    width = types.nptype_from_builtin(types.string_to_builtin(f"uint{palette.bits}"))
    along = {} if palette.axis is None else {"vector_axis": np.int32(palette.axis)}
    table = {"lut": palette.lut, "before_op": constant, "name": name, **along}
    indices = palette.indices.astype(width)
    if palette.kept is None:
        made = Builder.constexpr_lut_to_dense(indices=indices, **table)
    else:
        one = types.nptype_from_builtin(types.uint1)
        mask, numbers = Builder.constexpr_lut_to_sparse(
            indices_mask=palette.kept.astype(one), indices_nonzero_data=indices, **table
        )
        made = Builder.constexpr_sparse_to_dense(
            nonzero_data=numbers, mask=mask, before_op=constant, name=name + _DENSE
        )
    if palette.scales is not None:
        made = Builder.constexpr_blockwise_shift_scale(
            data=made, scale=palette.scales, before_op=constant, name=name + _DENSE
        )
    block.replace_uses_of_var_after_op(
        anchor_op=constant,
        old_var=constant.outputs[0],
        new_var=made,
        no_check_var_types=True,
        force_replace=True,
    )
    block.remove_ops([constant])


def _palette_of(found: Mapping[str, Any], name: str) -> tuple[Palette, NDArray]:
    table, last = found[name], found.get(name + _DENSE, found[name])
    sparse = table.op_type == "constexpr_lut_to_sparse"
    indices = table.indices_nonzero_data if sparse else table.indices
    palette = Palette(
        indices=np.asarray(indices.val).astype(np.uint8),
        lut=np.asarray(table.lut.val),
        axis=None if table.vector_axis is None else int(table.vector_axis.val),
        scales=None if sparse or last is table else np.asarray(last.scale.val),
        kept=np.asarray(table.indices_mask.val).astype(np.bool_) if sparse else None,
    )
    return palette, np.asarray(last.materialized_val_inference())
