"""Rows of comparisons that the server knows already, so that none is computed twice."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.compare_asked import CompareAsked
from pages._ui.desk import Desk
from pages._ui.i18n import current_language

if TYPE_CHECKING:
    from wc_core.search import Comparison

KEPT = 160  # rows hold codebooks; the oldest go first


class Shelf:
    """Finished rows and baselines, by digests of all that decides them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: str, item: Any) -> None:
        """Keep something that does not change any more."""
        with self._lock:
            self._kept[key] = item
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


@st.cache_resource(max_entries=1, show_spinner=False)
def shelf() -> Shelf:
    """Return the server's shelf."""
    return Shelf()


@dataclass(frozen=True)
class Keys:
    """Where the parts of a comparison are kept.

    Parameters
    ----------
    rows : dict of str to str
        By algorithm.
    baseline : str
    """

    rows: dict[str, str]
    baseline: str

    @classmethod
    def of(cls, desk: Desk, asked: CompareAsked) -> "Keys":
        """Return the keys of a comparison; sentences in rows are in the asker's language."""
        from wc_core.search import recipe_with

        recipe, measured = asked.recipe(desk), limited(desk, asked).evaluation_key
        rows = {
            name: _digest(
                desk.model.digest,
                recipe_with(recipe, name, asked.shared).digest,
                measured,
                current_language(),
            )
            for name in asked.algorithms
        }
        return cls(rows, _digest(desk.model.digest, measured))

    @property
    def digest(self) -> str:
        """Digest of the whole comparison."""
        return _digest(*self.rows.values())

    def found(self) -> "Comparison":
        """Return what of the comparison is on the shelf."""
        from wc_core.search import Comparison

        rows = (shelf().get(key) for key in self.rows.values())
        return Comparison(tuple(row for row in rows if row), shelf().get(self.baseline))

    def keep(self, result: "Comparison") -> None:
        """Put all of a comparison on the shelf."""
        for row in result.rows:
            shelf().put(self.rows[row.algorithm], row)
        if result.baseline is not None:
            shelf().put(self.baseline, result.baseline)


def limited(desk: Desk, asked: CompareAsked) -> Desk:
    """Return the desk with as many images as are asked for."""
    if desk.config is None or not asked.n_images:
        return replace(desk, config=None)
    return replace(desk, config=replace(desk.config, limit=asked.n_images))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
