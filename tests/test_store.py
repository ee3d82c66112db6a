"""Uploads are kept once, by content; workspaces by ids that cannot be guessed or abused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import ConfigError, DataError
from wc_core.store import PIECE, BlobStore, WorkspaceStore


def test_a_blob_holds_the_bytes_it_was_given(tmp_path):
    """Across pieces, under the digest of the content; the same content is kept once."""
    content = bytes(range(256)) * (PIECE // 256) + b"tail"
    store = BlobStore(tmp_path / "blobs")
    first, second = (store.put(io.BytesIO(content), name) for name in ("a.bin", "b.bin"))
    assert first.path == second.path
    assert first.path.read_bytes() == content
    assert first.n_bytes == len(content)
    assert store.get(first.digest).path == first.path
    assert len(list(store.root.iterdir())) == 1


def test_what_is_too_large_leaves_nothing_behind(tmp_path):
    """The limit is checked while the bytes come in."""
    store = BlobStore(tmp_path)
    with pytest.raises(DataError, match=r"big\.bin is larger than the limit"):
        store.put(io.BytesIO(bytes(2 * PIECE)), "big.bin", limit_bytes=PIECE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/b"])
def test_file_names_are_for_showing_only(tmp_path, name):
    """A name with folders in it goes nowhere."""
    blob = BlobStore(tmp_path).put(io.BytesIO(b"x"), name)
    assert "/" not in blob.filename
    assert blob.path.parent == tmp_path


@given(st.text(max_size=70))
def test_only_digests_name_blobs(text):
    """Nothing but 64 hexadecimal digits is looked up on disk."""
    assert BlobStore(__file__).get(text) is None


def test_a_workspace_comes_back_as_it_was_saved(tmp_path):
    """And an unknown one is empty."""
    store, workspace = WorkspaceStore(tmp_path / "new"), WorkspaceStore.new_id()
    store.save(workspace, {"model": "sample:lenet5"})
    assert store.load(workspace) == {"model": "sample:lenet5"}
    assert store.load(WorkspaceStore.new_id()) == {}


@pytest.mark.parametrize("content", ["{", "[]", "", "\x00"])
def test_a_damaged_workspace_is_a_new_one(tmp_path, content):
    """A person is never locked out by a broken file."""
    store, workspace = WorkspaceStore(tmp_path), WorkspaceStore.new_id()
    (tmp_path / f"{workspace}.json").write_text(content)
    assert store.load(workspace) == {}


@pytest.mark.parametrize(
    "workspace", ["", "../../../../etc/passwd", "a" * 21, "a" * 21 + "/", "é" * 22]
)
def test_only_ids_name_workspaces(tmp_path, workspace):
    """A made-up id neither reads nor writes."""
    store = WorkspaceStore(tmp_path)
    assert not store.is_id(workspace)
    assert store.load(workspace) == {}
    with pytest.raises(ConfigError, match="not a workspace id"):
        store.save(workspace, {})


def test_ids_are_long_and_never_the_same():
    """128 bits each."""
    ids = {WorkspaceStore.new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(WorkspaceStore.is_id(i) for i in ids)
