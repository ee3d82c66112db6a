"""The pages of the app, as the browser tests visit them. A new page is one line here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its path, its title in the navigation, and its heading."""

    path: str
    title: str
    heading: str = ""

    @property
    def name(self) -> str:
        """The path as a word, for names of files and tests."""
        return self.path.strip("/") or "home"


HOME = Place("/", "Home", "Make neural networks smaller by sharing their weights")
MODEL = Place("/model", "Model")
CLUSTER = Place("/cluster", "Cluster")
ALGORITHMS = Place("/algorithms", "Algorithms")
CENTROIDS = Place("/centroids", "Centroids")
QUALITY = Place("/quality", "Quality")
TRADE_OFFS = Place("/tradeoffs", "Trade-offs")
EXPORT = Place("/export", "Export")
STEPS = Place("/steps", "Step by step")
GLOSSARY = Place("/glossary", "Glossary")

SITE = (
    HOME,
    MODEL,
    CLUSTER,
    ALGORITHMS,
    CENTROIDS,
    QUALITY,
    TRADE_OFFS,
    EXPORT,
    STEPS,
    GLOSSARY,
)
