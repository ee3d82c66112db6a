"""Words for how indices, positions and numbers become bytes."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

CODING = Section(
    title=mark("Coding and files"),
    terms=(
        Term(
            name=mark("Number type"),
            text=mark(
                "How the numbers of codebooks and scales are stored. float32 takes four bytes; "
                "float16 and bfloat16 take two; int8 takes one, as a whole number times a step "
                "that all of them share. Values are rounded when they are stored, and the error "
                "shown includes that."
            ),
            code="codebook_dtype scale_dtype",
            elsewhere=mark("data type, precision; quantized codebook"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("bfloat16"),
            text=mark(
                "The upper half of a float32: the same range of 8 exponent bits, but only 8 "
                "binary digits. float16 has 11 digits and ends at 65,504."
            ),
            formula=r"\underbrace{\pm}_{1}\;\underbrace{e}_{8}\;\underbrace{f}_{7}",
            code="bfloat16",
            elsewhere=mark("brain floating point, bf16"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Step"),
            text=mark(
                "The unit of an int8 codebook: entries are whole numbers from -127 to 127 times "
                "the step, which is chosen so that the largest entry just fits. One step is stored "
                "for each codebook, one for each set of scales."
            ),
            formula=(
                r"\hat c = \Delta \cdot \operatorname{round}(c / \Delta),\quad "
                r"\Delta = \max \lvert c \rvert / 127"
            ),
            code="codebook_step scale_step",
            elsewhere=mark("quantization scale, delta, int8 look-up table"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Packed indices"),
            text=mark(
                "All indices at the same width, one behind the other without gaps: eight indices "
                "of 3 bits in three bytes. Any index can be read on its own."
            ),
            formula=r"\lceil N b / 8 \rceil \text{ bytes},\quad b = \lceil \log_2 k \rceil",
            code="pack_indices packed_index_bytes",
            elsewhere=mark("bit packing, fixed-width coding"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Entropy coding"),
            text=mark(
                "Frequent indices get few bits, rare ones many. Nothing is lost: only the bytes "
                "change. Each tensor has its own table of frequencies, which is stored with it and "
                "counted. Where that costs more than it saves, indices are packed."
            ),
            formula=r"\text{bits of entry } j \approx -\log_2 p_j",
            code="coding cheapest packed coded encode_indices decode_indices",
            elsewhere=mark("lossless compression; Huffman coding is a simpler kind"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("rANS"),
            text=mark(
                "The entropy coder used here. One large number x takes in a symbol s of frequency "
                "f out of F by growing by about F / f, that is by log₂(F / f) bits, fractions of a "
                "bit included. Decoding runs the same steps backwards; several such numbers side "
                "by side make it fast."
            ),
            formula=(
                r"\begin{aligned} x' &= \lfloor x / f_s \rfloor \cdot F \\ "
                r"&\quad + (x \bmod f_s) + \textstyle\sum_{t < s} f_t \end{aligned}"
            ),
            code="encode_indices",
            elsewhere=mark("range asymmetric numeral systems, ANS; relative of arithmetic coding"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Rate"),
            text=mark(
                "Bits that the coder spends, measured by its own table of frequencies. Counted "
                "with the table, codebooks and scales it is what the layer takes in the file."
            ),
            formula=r"R = \frac1N \sum_i \ell(a(i)),\quad \ell(j) \approx -\log_2 p_j",
            code="code_lengths table_bytes",
            elsewhere=mark("code length, bit rate"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Entropy-constrained clustering"),
            text=mark(
                "Clustering that knows what an index will cost after coding. A block goes to the "
                "entry for which error and bits together are least, so that frequent entries "
                "attract more blocks, and some entries die out. At the same bits after coding it "
                "loses less than k-means."
            ),
            formula=r"a(i) = \arg\min_j \lVert x_i - c_j \rVert^2 + \lambda\,\ell(j)",
            code="ecvq",
            elsewhere=mark("entropy-constrained vector quantization, rate-distortion optimisation"),
            pages=("lab/cluster", "lab/algorithms"),
        ),
        Term(
            name=mark("Lagrangian"),
            text=mark(
                "The price λ of a bit, in squared error: how much more error is taken to save one. "
                "At 0 only the error counts; the higher it is, the smaller the file. It can be "
                "given, or found for a number of bits or for an SQNR."
            ),
            formula=r"J = D + \lambda R",
            code="lagrangian",
            elsewhere=mark("Lagrange multiplier, rate-distortion trade-off"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Ternary weights"),
            text=mark(
                "Every weight is -a, 0 or a, with one scale a. Weights below a threshold become 0; "
                "of the others only the sign stays. Three values take at most 1.58 bits each."
            ),
            formula=(
                r"\hat w = \begin{cases} a \operatorname{sign}(w) & \lvert w \rvert > t \\ "
                r"0 & \text{else} \end{cases}"
            ),
            code="ternary",
            elsewhere=mark("ternary weight networks (TWN)"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Binary weights"),
            text=mark(
                "Every weight is -a or a: one bit for its sign. The scale with the least error is "
                "the mean magnitude."
            ),
            formula=(
                r"\hat w = a \operatorname{sign}(w),\quad "
                r"a = \tfrac1n \textstyle\sum \lvert w \rvert"
            ),
            code="binary",
            elsewhere=mark("binarised weights, BinaryConnect, XNOR-Net"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Container"),
            text=mark(
                "The file that is written: a safetensors file with indices, codebooks, scales and "
                "positions as its tensors, and with the recipe in its header. Any reader of "
                "safetensors lists them; the Export page brings a small program that makes "
                "weights of them again."
            ),
            code="save StoredTensor",
            elsewhere=mark("packed file, compressed checkpoint"),
            pages=("lab/cluster",),
        ),
        Term(
            name=mark("Size waterfall"),
            text=mark(
                "The way from the size before to the size after, one step for each thing that was "
                "done or is stored. The steps add up to the length of the file to the byte."
            ),
            code="waterfall",
            elsewhere=mark("bridge chart"),
        ),
        Term(
            name=mark("Palettization"),
            text=mark(
                "The name under which Core ML knows codebooks of single weights: a palette of at "
                "most 256 values and an index for each weight. In ONNX the same is a Gather, which "
                "looks entries up by index while the model runs."
            ),
            formula=r"W = \operatorname{reshape}(C[a])",
            code="core_ml",
            elsewhere=mark("look-up table (LUT) quantization, constexpr_lut_to_dense"),
        ),
    ),
)
