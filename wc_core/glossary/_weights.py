"""Words for weights and how they are cut."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

WEIGHTS = Section(
    title=mark("From weights to blocks"),
    terms=(
        Term(
            name=mark("Weight matrix"),
            text=mark(
                "The weights of a layer as a table with one row for each output channel. The "
                "weights of a convolution, (out, in, kh, kw), are read as `out` rows of "
                "in × kh × kw numbers."
            ),
            formula=r"W \in \mathbb R^{m \times n},\quad m = c_{out},\quad n = c_{in}\,k_h\,k_w",
            code="matrix_shape",
            pages=("lab/model",),
        ),
        Term(
            name=mark("Block"),
            text=mark(
                "A rectangle of neighbouring weights that share one index. Blocks of 1 × 1 are "
                "single weights; 1 × 25 is a whole 5 × 5 kernel. Larger blocks need fewer "
                "indices, and one entry has to serve more weights at once."
            ),
            code="BlockSpec",
            elsewhere=mark("sub-vector, patch, chunk, cluster dimension"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Number of blocks"),
            text=mark(
                "So many blocks of d₁ × d₂ weights cover a matrix of m × n; those at the edges "
                "may stick out. The article writes ⌊m² / (d₁ d₂)⌋, which is a slip: it is right "
                "only for square matrices that blocks divide without a rest."
            ),
            formula=r"N = \lceil m / d_1 \rceil \cdot \lceil n / d_2 \rceil",
            code="n_blocks",
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Masked lane"),
            text=mark(
                "A lane is one place in a block. Where a block sticks out of the matrix, its lanes "
                "are masked: they weigh nothing, neither in distances nor in means, and are "
                "dropped when the weights are put back."
            ),
            elsewhere=mark("padding"),
        ),
        Term(
            name=mark("Scale"),
            text=mark(
                "One number for each output channel, its largest magnitude. The channel is divided "
                "by it before clustering and multiplied afterwards, so that loud and quiet "
                "channels can share entries. As float32 it costs 32 bits a channel."
            ),
            formula=r"s_r = \max_c \lvert W_{rc} \rvert",
            code="scale per_channel",
            elsewhere=mark("normalisation factor; quantization step of a group"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Recipe"),
            text=mark(
                "All that decides the bytes of the result: which layers, which blocks, which "
                "algorithm with which parameters, and the seed. It is saved as JSON and does the "
                "same in the app, in Python and on the command line."
            ),
            code="Recipe LayerPlan",
            elsewhere=mark("configuration, quantization config"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Plan"),
            text=mark(
                "What is done to a layer, in order: prune, cluster, quantize, code. A recipe has "
                "one for all layers, and may have others for layers that it names, or for all "
                "whose name fits a pattern. An exact name goes before a pattern, a longer pattern "
                "before a shorter one; in a pattern * stands for any letters."
            ),
            code="LayerPlan overrides",
            elsewhere=mark("per-layer configuration, mixed precision"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Preset"),
            text=mark(
                "A recipe to start from that does something sensible with any model. It fills the "
                "form; everything in it can be changed."
            ),
            code="PRESETS",
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Seed"),
            text=mark(
                "The number from which every random draw follows. Same model, same recipe, same "
                "seed: the same bytes."
            ),
            code="seed",
            elsewhere=mark("random state"),
            pages=("lab/cluster",),
        ),
    ),
)
