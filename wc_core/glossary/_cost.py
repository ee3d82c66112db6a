"""Words for size and error."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

COST = Section(
    title=mark("Size and error"),
    terms=(
        Term(
            name=mark("Bits per weight"),
            text=mark(
                "All bits that clustered layers take in the file (indices, codebooks, scales, "
                "positions of pruned weights, blocks stored exactly) over the number of their "
                "weights, pruned ones too. Weights in float32 take 32 before clustering."
            ),
            formula=(
                r"\frac{N\,b + 32\,k\,d_1 d_2 + \cdots}{m\,n}\qquad"
                r"\text{(float32 codebook)}"
            ),
            code="bits_per_weight",
            elsewhere=mark("bpw, average bit width"),
            pages=("lab/cluster", "lab/algorithms"),
        ),
        Term(
            name=mark("Compression ratio"),
            text=mark(
                "Bytes of the model file as it was given over bytes of the file that was written. "
                "Both are counted, not estimated. The ratio against fp32 takes four bytes for "
                "every parameter instead of the file as it was given."
            ),
            formula=r"\frac{\text{bytes before}}{\text{bytes after}}",
            code="compression_ratio ratio_vs_fp32",
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Index entropy"),
            text=mark(
                "What an ideal coder would spend on an index if it knew only how often each entry "
                "is used, pⱼ being the share of the blocks with entry j. Never more than the index "
                "bits; what it is less is what entropy coding saves."
            ),
            formula=r"H = -\sum_j p_j \log_2 p_j",
            code="index_entropy",
            elsewhere=mark("Shannon entropy of the codes"),
            pages=("lab/algorithms",),
        ),
        Term(
            name=mark("Perplexity"),
            text=mark(
                "Two to the power of the index entropy: as many entries, all used alike, would "
                "have the same entropy. k means that every entry serves as many blocks as any "
                "other."
            ),
            formula=r"2^H = 2^{-\sum_j p_j \log_2 p_j}",
            code="perplexity",
            pages=("lab/cluster", "lab/algorithms"),
        ),
        Term(
            name=mark("Utilization"),
            text=mark(
                "Share of the entries that serve at least one block. An entry without a block is "
                "dead: it is stored for nothing."
            ),
            formula=r"\frac{\#\{j : p_j > 0\}}{k}",
            code="utilization",
            elsewhere=mark("codebook usage; dead codes"),
            pages=("lab/cluster", "lab/centroids"),
        ),
        Term(
            name=mark("Distortion"),
            text=mark(
                "Squared error of the decoded weights, on average over the weights of a layer. "
                "Inertia is the sum over blocks; distortion is what is left of it per weight."
            ),
            formula=r"D = \frac{1}{m\,n} \sum_{r,c} (W_{rc} - \hat W_{rc})^2",
            code="distortion",
            elsewhere=mark("mean squared error (MSE)"),
            pages=("lab/algorithms",),
        ),
        Term(
            name=mark("SQNR"),
            text=mark(
                "Signal-to-quantization-noise ratio: how far the error lies below the weights, in "
                "decibels. 10 dB more is a tenth of the distortion; 6 dB more halve the typical "
                "error of a weight."
            ),
            formula=(
                r"10\,\log_{10} \frac{\sum_{r,c} W_{rc}^2}{\sum_{r,c} (W_{rc} - \hat W_{rc})^2}"
            ),
            code="sqnr_db",
            elsewhere=mark("SNR, QSNR"),
            pages=("lab/cluster", "lab/algorithms"),
        ),
        Term(
            name=mark("Layer curve"),
            text=mark(
                "Accuracy, agreement or SQNR against size while one layer alone is clustered, with "
                "fewer and fewer entries. A layer whose curve stays high bears much; one whose "
                "curve falls early needs more entries."
            ),
            elsewhere=mark("sensitivity analysis, rate-distortion curve"),
            pages=("lab/tradeoffs",),
        ),
    ),
)
