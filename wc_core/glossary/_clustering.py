"""Words for how entries are found."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

CLUSTERING = Section(
    title=mark("Clustering"),
    terms=(
        Term(
            name=mark("Inertia"),
            text=mark(
                "The squared error of all blocks together, each counting with its weight. k-means "
                "makes it small step by step; other algorithms have other aims, and are still "
                "judged by it."
            ),
            formula=r"E = \sum_i w_i\,\lVert x_i - c_{a(i)} \rVert^2",
            code="inertia_",
            elsewhere=mark("within-cluster sum of squares, loss of k-means"),
            pages=("learn/steps",),
        ),
        Term(
            name=mark("Lloyd's iteration"),
            text=mark(
                "Two steps in turn: every block goes to its nearest entry, then every entry moves "
                "to the mean of its blocks. Neither can raise the inertia, so it ends where no "
                "block changes sides: in a local optimum, not always in the best one."
            ),
            formula=(
                r"a(i) \leftarrow \arg\min_j \lVert x_i - c_j \rVert,\quad "
                r"c_j \leftarrow \frac{\sum_{a(i) = j} w_i\, x_i}{\sum_{a(i) = j} w_i}"
            ),
            code="lloyd_steps",
            elsewhere=mark("the k-means algorithm, LBG"),
            pages=("learn/steps",),
        ),
        Term(
            name=mark("Polish"),
            text=mark(
                "Some of Lloyd's steps after another algorithm is done. They are off at first, so "
                "that the result is the algorithm's own; with them, what it found becomes the "
                "start of k-means. The result then says by how much the inertia fell and what "
                "share of the blocks changed their entry."
            ),
            code="polish",
            elsewhere=mark("refinement"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Micro-cluster"),
            text=mark(
                "A group of neighbouring blocks that is treated as one point, which counts as "
                "often as there are blocks in it. Algorithms whose time grows with the square of "
                "the points or worse see at most a few thousand of them, and all blocks of a "
                "micro-cluster get its label."
            ),
            code="max_points",
            elsewhere=mark("landmark, coreset"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Embedding"),
            text=mark(
                "A picture of the blocks in another space, in which neighbours stay neighbours. "
                "Spectral clustering, locally linear embedding and deep clustering group the "
                "blocks there; the entries are the means of the blocks themselves all the same."
            ),
            formula=r"y_i = f(x_i)",
            elsewhere=mark("map, projection, latent space"),
            pages=("learn/steps", "lab/centroids"),
        ),
        Term(
            name=mark("Noise"),
            text=mark(
                "Blocks in sparse places, which DBSCAN and HDBSCAN count to no cluster. They go to "
                "the nearest entry or are stored exactly. Weights mostly form one cloud, so the "
                "two find few clusters in it and much noise."
            ),
            code="noise noise_",
            elsewhere=mark("outliers"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Nearest entry"),
            text=mark(
                "The entry with the least squared error for a block. Some algorithms always give a "
                "block its nearest entry; others follow their own idea of likeness, and polish "
                "leads them back. Each algorithm below says which it does."
            ),
            code="labels_are_nearest",
        ),
    ),
)
