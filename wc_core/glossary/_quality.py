"""Words for whether the model is still good."""

from wc_core.glossary._term import Section, Term
from wc_core.words import mark

QUALITY = Section(
    title=mark("Is the model still good?"),
    terms=(
        Term(
            name=mark("Accuracy"),
            text=mark(
                "Share of the images to which the model gives their true class. The interval "
                "beside it holds the accuracy on unlimited images of the same kind with 95 % "
                "confidence (Wilson)."
            ),
            code="accuracy",
            elsewhere=mark("top-1 accuracy"),
            pages=("lab/cluster", "lab/quality"),
        ),
        Term(
            name=mark("Baseline"),
            text=mark("The model as it was, measured on the same images with the same settings."),
            code="baseline_accuracy",
            elsewhere=mark("reference"),
            pages=("lab/model", "lab/quality"),
        ),
        Term(
            name=mark("Agreement"),
            text=mark(
                "Share of the images to which the model gives the same first class as before, "
                "right or wrong. It needs no labels, and it sees changes that cancel out in the "
                "accuracy."
            ),
            code="agreement",
            elsewhere=mark("fidelity; one minus the flip rate"),
            pages=("lab/cluster", "lab/quality"),
        ),
        Term(
            name=mark("Confusion matrix"),
            text=mark(
                "How many images of each true class (row) were given each class (column). The "
                "diagonal is right; everything else shows what is taken for what."
            ),
            code="confusion",
            pages=("lab/quality",),
        ),
        Term(
            name=mark("Precision, recall and F1"),
            text=mark(
                "Of the images that were given a class, the share that belong to it is its "
                "precision; of those that belong to it, the share that were given it is its "
                "recall. F1 is their harmonic mean, low as soon as one of them is."
            ),
            formula=(
                r"P = \frac{TP}{TP + FP},\quad R = \frac{TP}{TP + FN},\quad "
                r"F_1 = \frac{2\,P\,R}{P + R}"
            ),
            code="precision recall f1",
            pages=("lab/quality",),
        ),
        Term(
            name=mark("Sparsity"),
            text=mark(
                "Share of the weights that are exactly zero. What was pruned is zero whatever "
                "happens; other zeros stay only where the entry that stands for them holds one."
            ),
            code="sparsity_before sparsity_after",
            elsewhere=mark("share of pruned weights"),
            pages=("lab/quality",),
        ),
    ),
)
