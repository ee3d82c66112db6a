"""The words of the field as this program uses them: what the Glossary page shows.

This is the one place that defines them. Texts are English and marked for translation;
whoever shows one translates it.
"""

from wc_core.glossary._article import ARTICLE
from wc_core.glossary._clustering import CLUSTERING
from wc_core.glossary._codebook import CODEBOOK
from wc_core.glossary._coding import CODING
from wc_core.glossary._cost import COST
from wc_core.glossary._pruning import PRUNING
from wc_core.glossary._quality import QUALITY
from wc_core.glossary._term import Section, Term
from wc_core.glossary._weights import WEIGHTS

SECTIONS = (WEIGHTS, PRUNING, CODEBOOK, CLUSTERING, ARTICLE, CODING, COST, QUALITY)

__all__ = ["SECTIONS", "Section", "Term"]
