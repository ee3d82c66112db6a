"""From what is asked of an entropy-constrained fit to the price of a bit that gives it."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from math import log10
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._price import PriceHunt
from wc_core.clustering._tariff import price_at
from wc_core.errors import ConfigError
from wc_core.words import _, ngettext

CLOSE_BITS = 2e-3  # share of the target that bits may stay below it
CLOSE_DB = 0.01
_DB_PER_DOUBLING = -10 * log10(2)


class Coded(Protocol):
    """Entries in use, and what they cost."""

    @property
    def error(self) -> float:
        """Weighted squared error."""

    @property
    def bits(self) -> float:
        """Of indices, table and codebook."""

    def __len__(self) -> int: ...


C = TypeVar("C", bound=Coded)
C_co = TypeVar("C_co", bound=Coded, covariant=True)


class Solver(Protocol[C_co]):
    """Something that can be clustered at any price."""

    def solve_steps(self, price: float) -> Iterator[C_co]:
        """Yield states on the way to the cheapest."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What is asked for; at most one of the three is not 0.

    Parameters
    ----------
    bits : float
        Bits of a block, table and codebook shared out.
    sqnr_db : float
    lagrangian : float
        Price of a bit.

    Raises
    ------
    ConfigError
        If more than one is asked for.
    """

    bits: float
    sqnr_db: float
    lagrangian: float

    def __post_init__(self) -> None:
        values = {"bits": self.bits, "sqnr_db": self.sqnr_db, "lagrangian": self.lagrangian}
        asked = [f"{name}={value:g}" for name, value in values.items() if value]
        if len(asked) > 1:
            msg = _(
                "bits, sqnr_db and lagrangian each say how far to go, and {asked} were given: "
                "leave all but one of them at 0"
            )
            raise ConfigError(msg.format(asked=", ".join(asked)))

    @property
    def is_none(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.bits or self.sqnr_db or self.lagrangian)


@dataclass(frozen=True, slots=True)
class Blocks:
    """What there is to code.

    Parameters
    ----------
    n : int
        Blocks.
    n_lanes : int
    energy : float
        Weighted sum of squares.
    spread : float
        The same around the mean: the error of one entry.
    """

    n: int
    n_lanes: int
    energy: float
    spread: float

    def excess(self, aim: Aim, coded: Coded) -> float:
        """Return how far above its aim something is, in bits or decibels."""
        if aim.bits:
            return coded.bits / self.n - aim.bits
        if coded.error <= 0:
            return 300.0
        return 10 * log10(max(self.energy, 1e-300) / coded.error) - aim.sqnr_db

    def hunt(self, aim: Aim) -> PriceHunt:
        """Return where to begin to look for the price."""
        if aim.bits:
            left, slope = 2.0 ** (-2 * aim.bits / self.n_lanes), -self.n_lanes / 2
            error, tol = self.spread * left, CLOSE_BITS * aim.bits
        else:
            error, slope = self.energy * 10 ** (-aim.sqnr_db / 10), _DB_PER_DOUBLING
            tol = CLOSE_DB
        price = price_at(error / self.n, self.n_lanes)
        return PriceHunt(price or 1.0, slope, tol, from_below=bool(aim.bits))


@dataclass(frozen=True, slots=True, eq=False)
class Priced(Generic[C]):
    """What came out, at which price of a bit.

    Parameters
    ----------
    coded : Coded
    price : float
    is_met : bool
        Whether the aim was reached.
    """

    coded: C
    price: float
    is_met: bool = True


def settled_steps(
    solver: Solver[C], price: float
) -> Generator[tuple[Priced[C], bool], None, Priced[C]]:
    """Solve at one price; yield every state, all of them to be shown."""
    found: Priced[C] | None = None
    for coded in solver.solve_steps(price):
        found = Priced(coded, price)
        yield found, True
    assert found is not None  # every solver yields where it begins
    return found


def hunted_steps(
    solver: Solver[C], blocks: Blocks, aim: Aim
) -> Generator[tuple[Priced[C], bool], None, Priced[C]]:
    """Look for the price that meets an aim; yield states, and whether they are a trial's end."""
    hunt = blocks.hunt(aim)
    best: Priced[C] | None = None
    while not hunt.is_over:
        found: Priced[C] | None = None
        for coded in solver.solve_steps(hunt.price):
            found = Priced(coded, hunt.price)
            yield found, False
        assert found is not None
        yield found, True
        if hunt.tell(blocks.excess(aim, found.coded)):
            best = found
    assert best is not None
    return replace(best, is_met=hunt.is_met)


def detail_of(
    rates: NDArray[np.float64], lagrangian: float, bits: float
) -> Mapping[str, NDArray[np.float64] | float]:
    """Return what an iteration has to show: bits of each entry, price, bits of a block."""
    return {"rates": rates, "lagrangian": lagrangian, "bits": bits}


def told_of(priced: Priced[C], n_blocks: int) -> str:
    """Say in a few words where a fit stands."""
    msg = _("{bits:.2f} bits a block at a price of {price:.3g} a bit")
    return msg.format(bits=priced.coded.bits / n_blocks, price=priced.price)


def notes_of(priced: Priced[C], blocks: Blocks, aim: Aim, n_clusters: int) -> tuple[str, ...]:
    """Say what it came to, and what was out of reach."""
    coded = priced.coded
    msg = ngettext(
        "{n} entry of {k} pays for itself: {bits:.3f} bits a block, table and codebook shared "
        "out, at a price of {price:.4g} squared error a bit",
        "{n} entries of {k} pay for themselves: {bits:.3f} bits a block, table and codebook "
        "shared out, at a price of {price:.4g} squared error a bit",
        len(coded),
    )
    notes = [msg.format(n=len(coded), k=n_clusters, bits=coded.bits / blocks.n, price=priced.price)]
    if not priced.is_met and aim.bits:
        msg = _("no codebook comes down to {bits:g} bits a block: the cheapest is taken")
        notes.append(msg.format(bits=aim.bits))
    elif not priced.is_met:
        msg = _("{k} entries do not reach {sqnr:g} dB: take more clusters or a lower target")
        notes.append(msg.format(k=n_clusters, sqnr=aim.sqnr_db))
    return tuple(notes)
