"""Words come out in the language in use, and nobody else's."""

import threading
from contextvars import copy_context
from gettext import NullTranslations

import pytest

from wc_core import ModelFileError, load_model
from wc_core.words import _, language, ngettext, set_language


class Shouting(NullTranslations):
    def gettext(self, message):
        return message.upper()

    def ngettext(self, singular, plural, n):
        return (singular if n == 1 else plural).upper()


def test_english_stands_in_the_code():
    """Without a catalogue the message is its own translation."""
    assert _("Cluster") == "Cluster"
    assert [ngettext("{n} layer", "{n} layers", n) for n in (1, 2)] == ["{n} layer", "{n} layers"]


def test_a_language_holds_inside_its_block():
    """And is over afterwards, whatever happened."""

    def fail_in_another_language():
        with language(Shouting()):
            assert _("Cluster") == "CLUSTER"
            assert ngettext("{n} layer", "{n} layers", 2) == "{N} LAYERS"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_another_language()
    assert _("Cluster") == "Cluster"


def test_the_engine_speaks_the_language_too(tmp_path):
    """An error raised for a person is in her language."""
    empty = tmp_path / "empty.pth"
    empty.touch()
    with language(Shouting()), pytest.raises(ModelFileError, match="IT IS EMPTY"):
        load_model(empty)


def test_one_persons_language_is_not_anothers():
    """Threads do not share it; a copied context takes it along."""
    heard = []

    def speak():
        set_language(Shouting())
        inside = copy_context()
        worker = threading.Thread(target=lambda: heard.append(inside.run(_, "inside")))
        worker.start()
        worker.join()

    speaker = threading.Thread(target=copy_context().run, args=(speak,))
    speaker.start()
    speaker.join()
    assert heard == ["INSIDE"]
    assert _("outside") == "outside"
