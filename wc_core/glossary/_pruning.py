"""Words for weights that are left out."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

PRUNING = Section(
    title=mark("Pruning"),
    terms=(
        Term(
            name=mark("Pruning"),
            text=mark(
                "Making weights exactly zero, so that only their places have to be stored, no "
                "values. It comes before clustering: entries are found for the weights that stay, "
                "and what was pruned is zero again in the decoded model whatever the entries are. "
                "Without training afterwards, much pruning costs much accuracy."
            ),
            formula=r"\hat W = M \odot C[a],\quad M \in \{0, 1\}^{m \times n}",
            code="pruner sparsity PRUNERS",
            elsewhere=mark("sparsification, removing connections"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Mask"),
            text=mark(
                "Which weights stay: true where one is kept, false where it is pruned. It may be "
                "drawn in cells of several weights (blocks, whole channels), and then needs one "
                "bit for each cell only."
            ),
            formula=r"M_{rc} = 1 \iff W_{rc} \text{ is kept}",
            code="Mask kept cell n_pruned",
            elsewhere=mark("sparsity pattern"),
            pages=("lab/cluster", "lab/quality"),
        ),
        Term(
            name=mark("Positions"),
            text=mark(
                "What the file says of where weights were pruned; they count in its size. If every "
                "weight is pruned with chance p, no way of writing it takes less than H(p) bits "
                "for each weight: 0.47 at 90 %, a whole bit at 50 %. Patterns with a rule, such as "
                "blocks, channels and N:M, take far less."
            ),
            formula=r"H(p) = -p \log_2 p - (1 - p) \log_2 (1 - p)",
            code="mask_bytes mask_coding",
            elsewhere=mark("sparse indices, relative index (Deep Compression), CSR column indices"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Magnitude pruning"),
            text=mark(
                "The weights nearest to zero go first. Each layer loses the same share, so its "
                "threshold is the magnitude below which that share of its weights lies."
            ),
            formula=r"M_{rc} = 1 \iff \lvert W_{rc} \rvert > t,\quad t = q_s(\lvert W \rvert)",
            code="magnitude",
            elsewhere=mark("unstructured pruning, local magnitude pruning"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Global pruning"),
            text=mark(
                "Magnitude pruning with one threshold for all layers. The share is reached over "
                "all of them together: layers with many small weights lose more of them, small "
                "layers of large weights hardly any."
            ),
            formula=(
                r"t = q_s\bigl(\lvert W^{(1)} \rvert \cup \dots \cup "
                r"\lvert W^{(L)} \rvert\bigr)"
            ),
            code="global_magnitude",
            elsewhere=mark("global magnitude pruning"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Block pruning"),
            text=mark(
                "Whole blocks go, those with the smallest norm first. A pruned block needs neither "
                "an index nor several positions, only one bit; in return it takes large weights "
                "with it that stand among small ones."
            ),
            formula=r"\lVert x_i \rVert_2 \le t \;\Rightarrow\; x_i = 0",
            code="block_magnitude",
            elsewhere=mark("block sparsity, structured pruning"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("N:M pruning"),
            text=mark(
                "Of every M weights that follow one another along the input the N largest stay. "
                "2:4 prunes half, and some processors compute such layers twice as fast. The "
                "pattern has a rule, so that its positions cost less: 2:4 has 6 ways for 4 weights."
            ),
            formula=r"\tfrac1M \log_2 \tbinom{M}{N} \text{ bits a weight};\quad 2{:}4 \to 0.65",
            code="n_m",
            elsewhere=mark("semi-structured sparsity, 2:4 sparsity"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Channel pruning"),
            text=mark(
                "Whole output channels, rows of the matrix, become zero: those with the smallest "
                "norm. Their positions cost next to nothing. Here the rows stay in the model as "
                "zeros; layers keep their shapes."
            ),
            formula=r"\lVert W_{r,:} \rVert_2 \le t \;\Rightarrow\; W_{r,:} = 0",
            code="channel",
            elsewhere=mark("filter pruning, structured pruning"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Zeros kept"),
            text=mark(
                "For models that were pruned before: what is zero already counts as pruned and "
                "stays zero, and nothing else goes. Clustering alone would turn most of these "
                "zeros into the value of the nearest entry."
            ),
            formula=r"M_{rc} = 1 \iff W_{rc} \neq 0",
            code="zeros",
            pages=("lab/cluster",),
        ),
    ),
)
