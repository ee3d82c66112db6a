"""What is special about entropy-constrained clustering: it pays for bits, and for places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import ConfigError
from wc_core.clustering._block_rate import PricedBlocks, PricedPasses
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._line import FEW, Line
from wc_core.clustering._line_rate import PricedLine
from wc_core.clustering._rate_loops import lower_envelope
from wc_core.clustering._tariff import Tariff
from wc_core.clustering.ecvq import EntropyConstrained
from wc_core.clustering.kmeans import KMeans
from wc_core.coding import code_lengths, table_bytes
from wc_core.progress import last_result
from wc_core.threads import limit_threads


def laplace(n, width=1, seed=0):
    return np.random.default_rng(seed).laplace(size=(n, width)).astype(np.float32)


def coded_bits(clusterer, number_bits=32):
    """Return the bits of a block: index, table and codebook."""
    entries, counts = clusterer.cluster_centers_, np.bincount(clusterer.labels_)
    bits = counts @ code_lengths(counts) + 8 * table_bytes(counts) + number_bits * entries.size
    return bits / len(clusterer.labels_)


def sqnr(clusterer, X):
    return 10 * np.log10(np.square(X.astype(np.float64)).sum() / clusterer.inertia_)


@pytest.mark.parametrize("n", [5_000, FEW + 1])
@pytest.mark.parametrize("bits", [1.0, 2.0, 3.0])
def test_bits_are_a_limit_that_is_used_up(n, bits):
    """What the coder takes, table and codebook included, comes close and never above."""
    fit = EntropyConstrained(256, bits=bits).fit(laplace(n))
    assert 0.98 * bits <= coded_bits(fit) <= bits


@pytest.mark.parametrize("width", [1, 4])
def test_a_signal_to_noise_ratio_is_reached(width):
    """And not exceeded by more than it takes."""
    X = laplace(20_000, width)
    assert 9 <= sqnr(EntropyConstrained(512, sqnr_db=9, random_state=0).fit(X), X) <= 9.2


def test_a_limit_holds_for_blocks():
    """Blocks of several weights are held to the bits of a block."""
    fit = EntropyConstrained(256, bits=4.0, random_state=0).fit(laplace(20_000, 4))
    assert 3.8 <= coded_bits(fit) <= 4.0


def test_it_beats_kmeans_at_the_same_bits():
    """At k-means' own coded size the error is lower by half a decibel and more."""
    X = laplace(100_000)
    plain = KMeans(8).fit(X)
    ours = EntropyConstrained(256, bits=coded_bits(plain)).fit(X)
    assert sqnr(ours, X) >= sqnr(plain, X) + 0.5


def test_blocks_beat_kmeans_at_the_same_bits():
    """The same for blocks, where k-means wastes bits on rare blocks."""
    X = laplace(20_000, 4)
    plain = KMeans(16, random_state=0).fit(X)
    ours = EntropyConstrained(128, bits=coded_bits(plain), random_state=0).fit(X)
    assert sqnr(ours, X) >= sqnr(plain, X) + 0.3


def test_a_higher_price_buys_fewer_bits():
    """Error rises and bits fall with the price, on a line and in blocks."""
    for X in (laplace(20_000), laplace(5_000, 4)):
        fits = [
            EntropyConstrained(64, lagrangian=price, random_state=0).fit(X)
            for price in (0.05, 0.2, 0.8, 3.2)
        ]
        bits, errors = [coded_bits(fit) for fit in fits], [fit.inertia_ for fit in fits]
        assert bits == sorted(bits, reverse=True)
        assert errors == sorted(errors)


def test_without_a_target_it_is_as_exact_as_kmeans_in_fewer_bits():
    """The default comes within a decibel of k-means' error, and below its size."""
    X = laplace(50_000)
    plain, ours = KMeans(16).fit(X), EntropyConstrained(16).fit(X)
    assert sqnr(ours, X) >= sqnr(plain, X) - 1.1
    assert coded_bits(ours) < coded_bits(plain) - 0.3


def test_at_most_one_target_may_be_given():
    """The sentence names what was given and how to mend it."""
    with pytest.raises(ConfigError, match=r"bits=2, sqnr_db=20 were given: leave all but one"):
        EntropyConstrained(bits=2.0, sqnr_db=20.0).fit(laplace(100))


def test_what_is_out_of_reach_is_said():
    """Four entries do not give forty decibels, and no codebook takes nothing."""
    X = laplace(2_000)
    assert "do not reach 40 dB" in EntropyConstrained(4, sqnr_db=40).fit(X).report_.notes[-1]
    fit = EntropyConstrained(4, bits=0.001).fit(X)
    assert "comes down to 0.001 bits" in fit.report_.notes[-1]
    assert len(fit.cluster_centers_) == 1


def test_an_entry_of_few_numbers_does_not_pay():
    """One far number gets an entry if its error is dearer than the entry, and only then."""
    X = np.concatenate([laplace(1_000), [[30.0]]]).astype(np.float32)
    cheap = EntropyConstrained(64, lagrangian=0.5).fit(X)
    dear = EntropyConstrained(64, lagrangian=500.0).fit(X)
    assert np.abs(cheap.cluster_centers_ - 30).min() < 1
    assert np.abs(dear.cluster_centers_ - 30).min() > 10


def test_cheaper_places_in_the_codebook_leave_more_entries():
    """Entries of 32 numbers of 32 bits are dear where there are few blocks."""
    X = laplace(1_000, 8)
    n = [
        len(
            EntropyConstrained(64, lagrangian=2.0, number_bits=b, random_state=0)
            .fit(X)
            .cluster_centers_
        )
        for b in (0, 32)
    ]
    assert n[0] > n[1]


@pytest.mark.parametrize("width", [1, 3])
def test_every_block_goes_to_its_cheapest_entry(width):
    """No other entry would cost less, error and the coder's own bits together."""
    X, price = laplace(3_000, width), 0.3
    fit = EntropyConstrained(32, lagrangian=price, max_iter=1000, random_state=0).fit(X)
    lengths = code_lengths(np.bincount(fit.labels_))
    gaps = np.square(X[:, None, :].astype(np.float64) - fit.cluster_centers_).sum(axis=2)
    costs = gaps + price * lengths
    excess = costs[np.arange(len(X)), fit.labels_] - costs.min(axis=1)
    assert excess.mean() < 2e-3 * costs.min(axis=1).mean()


def test_a_block_is_coded_once_whatever_it_weighs():
    """What counts little is sent to an entry with a short code; what counts much is not."""
    X = laplace(4_000, 2)
    weight = np.where(np.arange(4_000) % 2, 1.0, 0.01)
    fit = EntropyConstrained(64, lagrangian=0.3, random_state=0).fit(X, sample_weight=weight)
    lengths = code_lengths(np.bincount(fit.labels_))[fit.labels_]
    assert lengths[1::2].mean() > lengths[::2].mean() + 1


def test_weighted_single_weights_are_priced_one_by_one():
    """A heavier row of the matrix gets more bits, and all together do not exceed the limit."""
    X, weight = laplace(8_000), np.repeat([1.0, 0.05], 4_000)
    fit = EntropyConstrained(64, bits=2.0, random_state=0).fit(X, sample_weight=weight)
    errors = np.square(X - fit.cluster_centers_[fit.labels_])[:, 0]
    assert errors[:4_000].mean() < errors[4_000:].mean()
    assert 1.9 <= coded_bits(fit) <= 2.0


def test_masked_single_weights_count_for_nothing():
    """NaN is neither coded nor averaged."""
    X = laplace(6_000)
    masked = np.concatenate([X, np.full((500, 1), np.nan, np.float32)])
    whole = EntropyConstrained(64, bits=2.0).fit(X)
    part = EntropyConstrained(64, bits=2.0).fit(masked)
    np.testing.assert_array_equal(part.cluster_centers_, whole.cluster_centers_)
    np.testing.assert_array_equal(part.labels_[:6_000], whole.labels_)
    assert part.inertia_ == pytest.approx(whole.inertia_)


@pytest.mark.parametrize("width", [1, 4])
def test_the_number_of_threads_changes_no_bit(width):
    """Sums are added in the order of their pieces."""
    X = laplace(300_000 // width, width)
    fits = []
    for n in (1, 3):
        with limit_threads(n):
            fits.append(EntropyConstrained(64, lagrangian=0.2, random_state=0).fit(X))
    np.testing.assert_array_equal(*(fit.cluster_centers_ for fit in fits))
    np.testing.assert_array_equal(*(fit.labels_ for fit in fits))


def test_iterations_tell_rates_and_never_get_dearer():
    """At a given price, error and bits together fall from record to record."""
    price = 0.1
    steps = EntropyConstrained(32, lagrangian=price).fit_steps(laplace(3_000))
    states = [record.result for record in steps if record.result is not None]
    costs = [s.inertia + price * s.detail["bits"] * 3_000 for s in states]
    assert len(costs) > 2
    assert costs == sorted(costs, reverse=True)
    for state in states:
        assert len(state.detail["rates"]) == len(state.centers)
        assert state.labels.max() < len(state.centers)


def test_few_distinct_blocks_need_not_all_be_entries_if_a_price_is_given():
    """Without one nothing is lost; with one a rare value may cost too much."""
    X = np.repeat([[0.0], [1.0], [1.05]], [500, 500, 1], axis=0)
    assert EntropyConstrained(8).fit(X).inertia_ == 0
    assert len(EntropyConstrained(8, lagrangian=0.01).fit(X).cluster_centers_) == 2


@settings(max_examples=100, deadline=None)
@given(
    entries=st.lists(
        st.tuples(st.integers(-20, 20), st.integers(0, 60)),
        min_size=1,
        max_size=8,
        unique_by=lambda e: e[0],
    )
)
def test_borders_are_where_the_cheapest_entry_changes(entries):
    """Against the cost of every entry at every place of a grid."""
    centers, prices = (np.array(column, float) for column in zip(*sorted(entries), strict=True))
    kept, borders = np.empty(len(centers), np.intp), np.empty(len(centers))
    n = lower_envelope(centers, prices, kept, borders)
    places = np.linspace(-40, 40, 1601) + 1e-3
    told = kept[:n][np.searchsorted(borders[1:n], places)]
    costs = np.square(places[:, None] - centers) + prices
    np.testing.assert_allclose(costs[np.arange(len(places)), told], costs.min(axis=1), atol=1e-9)


def test_no_two_runs_are_cheaper_as_one():
    """What has settled has no entry that does not pay for its place."""
    values = laplace(4_000)[:, 0]
    priced, price = PricedLine(Line.of_sorted(values, None), 64, Tariff(32)), 0.2
    *_others, runs = priced.settle_steps(price, 1000, 0.0)
    for gone in range(1, len(runs)):
        merged = priced.runs(np.delete(runs.bounds, gone))
        assert merged.cost(price) > runs.cost(price)


@pytest.mark.parametrize("width", [2, 4, 20])
def test_priced_passes_find_the_cheapest(width):
    """Against plain numpy, with weights, masked lanes, and any number of lanes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(700, width))
    X[::5, 1] = np.nan
    weights, centers, prices = rng.uniform(0.1, 2, 700), rng.normal(size=(9, width)), rng.random(9)
    served = PricedPasses(MaskedBlocks.from_nan(X, weights)).serve_priced(centers, prices)
    gaps = np.nansum(np.square(X[:, None, :] - centers), axis=2)
    costs = weights[:, None] * gaps + prices
    np.testing.assert_array_equal(served.labels, costs.argmin(axis=1))
    inertia = (weights[:, None] * gaps)[np.arange(700), served.labels].sum()
    assert served.inertia == pytest.approx(inertia)


def test_leaving_entries_out_makes_a_fit_of_blocks_cheaper():
    """What remains costs less, entries counted in."""
    X = MaskedBlocks.whole(laplace(2_000, 4).astype(np.float64), np.ones(2_000))
    priced, price = PricedBlocks(X, 128, Tariff(128)), 0.5
    start = priced.around(X.values[:128])
    *_others, end = priced.settle_steps(start, price, 1000, 1e-4)
    assert len(end) < len(start)
    assert end.cost(price) < start.cost(price)


def test_a_fit_can_be_left_between_two_prices():
    """Looking for a price yields records all the time, and each tells how far it is."""
    steps = EntropyConstrained(64, bits=3.0, random_state=0).fit_steps(laplace(3_000, 4))
    fractions = [record.fraction for record in steps]
    assert len(fractions) > 20
    assert fractions == sorted(fractions)
    assert last_result(EntropyConstrained(8).fit_steps(laplace(100))) is None
