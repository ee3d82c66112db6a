"""Words for what is stored in place of weights."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

CODEBOOK = Section(
    title=mark("Codebook and indices"),
    terms=(
        Term(
            name=mark("Vector quantization"),
            text=mark(
                "What this lab does to weights: every block is replaced by one of a few typical "
                "blocks, and only the number of that one is stored. With blocks of one weight it "
                "is called scalar quantization."
            ),
            formula=r"\hat x_i = c_{a(i)}",
            elsewhere=mark("weight clustering, weight sharing; palettization for single weights"),
        ),
        Term(
            name=mark("Codebook"),
            text=mark(
                "The table of a layer's typical blocks, k rows of one block each. Every layer has "
                "its own. Its numbers are stored as float32, float16, bfloat16 or int8."
            ),
            code="codebook",
            elsewhere=mark("look-up table (LUT), palette, dictionary"),
            pages=("lab/centroids",),
        ),
        Term(
            name=mark("Entry"),
            text=mark("One row of the codebook: the block that is read wherever its index stands."),
            code="entries",
            elsewhere=mark("codeword, code vector, prototype"),
            pages=("lab/centroids",),
        ),
        Term(
            name=mark("Centroid"),
            text=mark(
                "An entry while it is learned. Most algorithms make it the mean of its blocks, "
                "which no other choice beats in squared error. The units of a self-organising map "
                "are not quite means."
            ),
            formula=r"c_j = \frac{\sum_{a(i) = j} w_i\, x_i}{\sum_{a(i) = j} w_i}",
            code="cluster_centers_",
            elsewhere=mark("cluster centre"),
            pages=("lab/centroids",),
        ),
        Term(
            name=mark("Indices"),
            text=mark(
                "One whole number for each block: the entry that stands for it. Blocks that are "
                "pruned as a whole have none."
            ),
            formula=r"a(i) \in \{0, \dots, k - 1\}",
            code="indices labels_",
            elsewhere=mark("codes, labels, assignments"),
            pages=("lab/centroids",),
        ),
        Term(
            name=mark("Index bits"),
            text=mark(
                "Bits that one index takes where all have the same width; entropy coding spends "
                "fewer on frequent ones."
            ),
            formula=r"b = \lceil \log_2 k \rceil",
            code="index_bits",
            elsewhere=mark("bit width, number of bits"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Decoding"),
            text=mark(
                "Making weights of codebook and indices again: look up the entry of every block, "
                "multiply by the scales, put blocks that were stored exactly in their places, make "
                "zero what was pruned. Error and accuracy are those of decoded weights."
            ),
            code="decode",
            elsewhere=mark("dequantization, reconstruction"),
        ),
        Term(
            name=mark("Exact block"),
            text=mark(
                "A block that shares nothing: its weights are stored as they are, with its "
                "position. Density clustering can keep its noise this way."
            ),
            code="n_exact exact_bytes",
            elsewhere=mark("outlier kept in full precision"),
            pages=("lab/cluster",),
        ),
    ),
)
