"""The price of a bit that meets a target: found by trying."""

from dataclasses import dataclass, field
from math import log2

MOST_TRIALS = 24
FARTHEST_STEP = 16.0  # doublings of the price
FARTHEST = 60.0  # from the first: what is not found so far away is nowhere
NARROW = 1e-4  # doublings of the price between which nothing more is looked for


@dataclass(slots=True)
class PriceHunt:
    """Tries prices until what comes out is close to what is wanted.

    What is measured, bits or decibels, falls as the price rises, about by the same amount each
    time the price doubles. The first guesses go by that; once there is a price on either side,
    the next lies where a straight line between the two says.

    Parameters
    ----------
    price : float
        Where to begin, positive.
    slope : float
        By how much the measure changes if the price doubles, about; negative.
    tol : float
        Distance from the target that is close enough.
    from_below : bool
        Whether the target is a limit that the measure must not exceed, or one to be reached.

    Examples
    --------
    >>> hunt = PriceHunt(price=1.0, slope=-0.5, tol=1e-3, from_below=True)
    >>> while not hunt.is_over:
    ...     is_best = hunt.tell(5 - 0.4 * log2(hunt.price) - 3)  # bits above the target of 3
    >>> round(hunt.best_price, 1)
    32.0
    """

    price: float
    slope: float
    tol: float
    from_below: bool
    n_trials: int = 0
    is_over: bool = False
    best_price: float = 0.0
    is_met: bool = False
    _best: float = field(default=float("inf"))
    _above: tuple[float, float] | None = None  # log2 of the price, excess: dear enough to fall
    _below: tuple[float, float] | None = None
    _last: int = 0
    _first: float = 0.0

    def __post_init__(self) -> None:
        self._first = log2(self.price)

    def tell(self, excess: float) -> bool:
        """Say how far above its target the measure is at `price`; return if it is the best yet.

        Best is what comes closest among what meets the target, or failing that among all.
        `price` is the next to try, until `is_over`.
        """
        self.n_trials += 1
        improves = self._judge(excess)
        here = log2(self.price)
        if self._meets(excess) and abs(excess) <= self.tol:
            self.is_over = True
            return improves
        side = 1 if excess > 0 else -1
        if excess > 0:
            self._above = here, excess
        else:
            self._below = here, excess
        self._go_on(here, excess, side)
        self._last = side
        return improves

    def _meets(self, excess: float) -> bool:
        return excess <= 0 if self.from_below else excess >= 0

    def _judge(self, excess: float) -> bool:
        meets = self._meets(excess)
        if (meets, -abs(excess)) <= (self.is_met, -self._best):
            return False
        self.is_met, self._best, self.best_price = meets, abs(excess), self.price
        return True

    def _go_on(self, here: float, excess: float, side: int) -> None:
        above, below = self._above, self._below
        if above is None or below is None:
            # Past the guess by a little, so that the target soon lies between two prices.
            step = -(excess + side * self.tol) / self.slope * 2 ** max(0, self.n_trials - 2)
            there = here + min(max(step, -FARTHEST_STEP), FARTHEST_STEP)
        else:
            if below[0] - above[0] <= NARROW:
                self.is_over = True
                return
            there = self._between(above, below, side)
        self.is_over = self.n_trials >= MOST_TRIALS or abs(there - self._first) > FARTHEST
        if not self.is_over:
            self.price = float(2.0**there)

    def _between(self, above: tuple[float, float], below: tuple[float, float], side: int) -> float:
        """Return where to look between two prices, and halve the weight of one that stays."""
        wanted = (-0.3 if self.from_below else 0.3) * self.tol  # on the side that meets the target
        up, down = above[1] - wanted, below[1] - wanted
        if side == self._last:  # the other end stays for long: draw nearer to it (Illinois)
            if side > 0:
                down /= 2
                self._below = below[0], down + wanted
            else:
                up /= 2
                self._above = above[0], up + wanted
        width = below[0] - above[0]
        share = up / (up - down) if up > 0 > down else 0.5
        return above[0] + width * min(max(share, 0.02), 0.98)
