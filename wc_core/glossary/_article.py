"""Words for what the article describes, and for how the field does it."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

ARTICLE = Section(
    title=mark("The article and the field"),
    terms=(
        Term(
            name=mark("Recombination"),
            text=mark(
                "**The article's second stage.** Every block Wᵢ is combined with its centroid Cᵢ "
                "and the n members of its cluster; the new blocks are clustered again, and the "
                "centres of this second clustering are the weights. All members share one "
                "centroid, so the mean of the bracket is 2 Cᵢ minus the mean of the members, and "
                "what is left is the block without its centroid's bias. Where centroids are means "
                "(k-means that has come to rest) nothing changes at all; where they are not "
                "(self-organising map) the blocks move by what their centroid was off."
            ),
            formula=(
                r"\begin{aligned} W^v_i &= W_i + C_i \\ &\quad - \tfrac1n \textstyle\sum_j "
                r"(C_j + C_i - W_j) \\ &= W_i + C_i - (2\,C_i - \bar W_i) \\ "
                r"&= W_i - C_i + \bar W_i \end{aligned}"
            ),
            code="recombine article",
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Residual codebook"),
            text=mark(
                "**What the field does in its place.** A second codebook for what the first one "
                "leaves, W - C. A block is the sum of an entry of each, so that k and k′ entries "
                "make up to k · k′ blocks. Indices and entries of both are stored and count in "
                "the size."
            ),
            formula=r"\hat x_i = c_{a(i)} + r_{b(i)}",
            code="recombine residual residual_clusters",
            elsewhere=mark("residual or additive quantization, multi-stage VQ"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Two readings of HSC"),
            text=mark(
                "Hashing based subspace clustering puts blocks with the same hash together. **The "
                "article's form** takes the hash modulo k as the cluster and the means of these "
                "buckets as centroids, and repeats: cells that have nothing in common may meet in "
                "one bucket. **The field's form** takes the hash for a map into a Hilbert space "
                "and clusters the hashes that occur by spectral clustering."
            ),
            formula=(
                r"h(x) = \sum_j 2^j\,[a_j \cdot x > b_j],\quad "
                r"\ell(x) = h(x) \bmod k \;\text{ or }\; \operatorname{spectral}(h)"
            ),
            code="hsc article spectral",
            pages=("lab/cluster", "learn/steps"),
        ),
        Term(
            name=mark("Static and dynamic clustering"),
            text=mark(
                "Static clustering takes the weights as they are. The article calls mixtures, "
                "self-organising maps and locally linear embedding dynamic, since their centres "
                "could follow weights that are still being trained. Here all algorithms cluster "
                "weights whose training is over."
            ),
        ),
    ),
)
