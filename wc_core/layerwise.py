"""Layers of a model clustered one after the other, or side by side.

Small models are clustered in their own order. In others the largest layer comes first; those
larger than a thread's fair share of what is left have all threads, one at a time, and the rest
is shared out: each thread takes the next layer and works on it alone. Where so many layers
would take too much memory, fewer are worked on, each with more threads. Nothing of this shows
in the result.
"""

import contextvars
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import perf_counter

from wc_core.blas import LoneBlas
from wc_core.codebook import CodebookWeight
from wc_core.errors import ConfigError
from wc_core.layer_report import LayerReport, judged_layer
from wc_core.models import LayerInfo, Model
from wc_core.progress import Progress
from wc_core.pruning import ALONE, PRUNERS, global_shares
from wc_core.recipe import LayerPlan, Recipe
from wc_core.stages import ClusteredWeight, cluster_weight_steps
from wc_core.threads import limit_threads, n_threads

FEW = 1 << 20  # weights of a model that are done before threads have met
MOST = 40_000_000  # weights of layers that are worked on side by side, at five bytes or more each
_PATIENCE = 0.05  # seconds after which a waiting thread looks whether anybody still wants it


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredLayer:
    """A layer that is done.

    Parameters
    ----------
    weight : CodebookWeight
    report : LayerReport
    """

    weight: CodebookWeight
    report: LayerReport


def layer_steps(model: Model, recipe: Recipe, chosen: Sequence[LayerInfo]) -> Iterator[Progress]:
    """Cluster layers; a record's result is the `ClusteredLayer` that was just finished, or None.

    Records come from all layers that are being worked on. Closing the generator stops the work
    at the next record of each.

    Parameters
    ----------
    model : Model
    recipe : Recipe
    chosen : sequence of LayerInfo

    Raises
    ------
    ConfigError
        If a plan is impossible; the message names the layer.
    """
    alone, shared = _schedule(chosen, n_threads())
    bar, blas = _Bar(chosen), LoneBlas()
    yield Progress(0, sum(info.n_weights for info in chosen))
    pruned = lone_plans(model, recipe, chosen)

    def work(info: LayerInfo) -> Iterator[Progress]:
        return _one_layer(model, recipe, info, pruned[info.name])

    for info in alone:
        for record in blas.around(work(info)):
            yield bar.placed(info, record)
    if shared:
        n_workers = _n_workers(shared, n_threads())
        for info, record in _side_by_side(shared, work, n_workers, n_threads() // n_workers):
            yield bar.placed(info, record)


def _schedule(
    chosen: Sequence[LayerInfo], n_workers: int
) -> tuple[Sequence[LayerInfo], Sequence[LayerInfo]]:
    """Return the layers that have all threads, and those that have one each, in their order."""
    left = sum(info.n_weights for info in chosen)
    if n_workers == 1 or left < FEW:
        return chosen, ()
    ordered = sorted(chosen, key=lambda info: -info.n_weights)
    n_alone = 0
    for info in ordered:
        if info.n_weights * n_workers <= left:
            break
        n_alone += 1
        left -= info.n_weights
    return ordered[:n_alone], ordered[n_alone:]


def _n_workers(shared: Sequence[LayerInfo], n: int) -> int:
    """Return how many layers may be worked on at a time by `n` threads."""
    largest = max(info.n_weights for info in shared)
    return max(1, min(n, len(shared), MOST // largest))


class _Bar:
    """How far all layers are together, counted in weights."""

    def __init__(self, chosen: Sequence[LayerInfo]) -> None:
        self._total = sum(info.n_weights for info in chosen)
        self._done = {info.name: 0.0 for info in chosen}

    def placed(self, info: LayerInfo, record: Progress) -> Progress:
        """Place a layer's record on the bar of all."""
        self._done[info.name] = max(self._done[info.name], record.fraction * info.n_weights)
        said = f"{info.name}: {record.message}" if record.message else info.name
        return Progress(sum(self._done.values()), self._total, said, record.result)


def lone_plans(
    model: Model, recipe: Recipe, chosen: Sequence[LayerInfo]
) -> Mapping[str, LayerPlan]:
    """Return the plan of each layer as if it were alone.

    Layers that a recipe prunes together, with one threshold, get plans that prune each by its own
    magnitudes, the share of it that lies below that threshold: the same weights go. Layers
    whose plans ask for different shares in all have a threshold for each share.

    Parameters
    ----------
    model : Model
        Its tensors are read only if there is a threshold to be found, one at a time.
    recipe : Recipe
    chosen : sequence of LayerInfo

    Raises
    ------
    UnknownNameError
        If a pruner is unknown.
    """
    plans = {info.name: recipe.plan_for(info.name) for info in chosen}
    together: dict[float, list[str]] = {}
    for name, plan in plans.items():
        if plan.pruner != "none" and PRUNERS[plan.pruner].is_global:
            together.setdefault(plan.sparsity, []).append(name)
    for sparsity, names in together.items():
        for name, share in global_shares(model.tensors, names, sparsity).items():
            plans[name] = replace(plans[name], pruner=ALONE, sparsity=share)
    return plans


def _one_layer(
    model: Model, recipe: Recipe, info: LayerInfo, pruned: LayerPlan
) -> Iterator[Progress]:
    """Cluster one layer; the last record, and no other, has a result."""
    started = perf_counter()
    yield Progress(0, 1)
    plan, original = recipe.plan_for(info.name), model.tensors[info.name]
    try:
        for step in cluster_weight_steps(original, pruned, recipe.seed):
            yield Progress(min(step.fraction, 0.999), 1, step.message)
    except ConfigError as error:
        raise ConfigError(f"{info.name}: {error}") from error
    clustered: ClusteredWeight = step.result
    seconds = perf_counter() - started
    report = judged_layer(info, clustered.weight, plan, original)
    report = replace(report, seconds=seconds, fit=clustered.fit, second=clustered.second)
    yield Progress(1, 1, result=ClusteredLayer(clustered.weight, report))


def _side_by_side(
    infos: Sequence[LayerInfo],
    work: Callable[[LayerInfo], Iterator[Progress]],
    n_workers: int,
    threads_each: int,
) -> Iterator[tuple[LayerInfo, Progress]]:
    """Run the work on some layers at a time, and yield all their records."""
    team = _Team(infos, work, n_workers, threads_each)
    try:
        yield from team.records()
    finally:
        team.stop()


class _Team:
    """Threads that take layer after layer and hand in their records."""

    def __init__(
        self,
        infos: Sequence[LayerInfo],
        work: Callable[[LayerInfo], Iterator[Progress]],
        n_workers: int,
        threads_each: int,
    ) -> None:
        self._work = work
        self._threads_each = threads_each
        self._waiting: Queue[LayerInfo] = Queue()
        for info in infos:
            self._waiting.put(info)
        # Bounded, so that nobody works ahead of a taker who is slow or pauses.
        self._records: Queue[tuple[LayerInfo, Progress] | BaseException | None] = Queue(n_workers)
        self._stopped = Event()
        self._threads = [
            # Each in a copy of the asker's context, whose language it speaks.
            Thread(target=contextvars.copy_context().run, args=(self._run,), daemon=True)
            for _worker in range(n_workers)
        ]

    def records(self) -> Iterator[tuple[LayerInfo, Progress]]:
        """Start, and yield what is handed in until everybody is done."""
        for thread in self._threads:
            thread.start()
        n_working = len(self._threads)
        while n_working:
            item = self._records.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                n_working -= 1
            else:
                yield item

    def stop(self) -> None:
        """Stop everybody at the next record, and wait for that."""
        self._stopped.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _run(self) -> None:
        with limit_threads(self._threads_each), LoneBlas().held():
            try:
                while not self._stopped.is_set():
                    info = self._waiting.get_nowait()
                    for record in self._work(info):
                        if not self._hand_in((info, record)):
                            return
            except Empty:
                self._hand_in(None)
            except BaseException as error:  # handed on to the taker, who raises it
                self._hand_in(error)

    def _hand_in(self, item: tuple[LayerInfo, Progress] | BaseException | None) -> bool:
        """Wait until there is room for a record; return whether there was before the end."""
        while not self._stopped.is_set():
            try:
                self._records.put(item, timeout=_PATIENCE)
            except Full:
                continue
            return True
        return False
