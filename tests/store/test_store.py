from __future__ import annotations

import warnings
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.request import urlopen

import pytest

from doctown.errors import DoctownError, InputError
from doctown.store import PackStore, open_store

ID = sha256(b"pack").hexdigest()
S3 = {"access_key_id": "key", "secret_access_key": "secret", "region": "us-east-1"}


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an object store on this machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server_module = pytest.importorskip("moto.server")
        server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    import http.client

    connection = http.client.HTTPConnection(host, port)
    connection.request(
        "PUT",
        "/packs-bucket",
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=key/20200101/us-east-1/s3/aws4_request"},
    )
    assert connection.getresponse().status == 200
    yield address
    server.stop()


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PackStore:
    """An empty store of each kind."""
    if request.param == "folder":
        return open_store("", tmp_path / "store")
    if request.param == "memory":
        return open_store("memory://", tmp_path)
    address = request.getfixturevalue("s3")
    return open_store(f"s3://packs-bucket/{tmp_path.name}", tmp_path, {**S3, "endpoint": address})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "one.docpack"
    path.write_bytes(b"content" * 1000)
    return path


class TestEveryStore:
    """What holds for a folder, an object store, and the twin in memory."""

    def test_what_is_put_is_read_back(self, store: PackStore, file: Path, tmp_path: Path) -> None:
        """Whole, and with its size known beforehand."""
        assert not store.has_pack(ID)
        store.put_pack(ID, file)
        assert store.has_pack(ID)
        size, pieces = store.read_pack(ID)
        assert size == 7000
        assert b"".join(pieces) == file.read_bytes()
        store.fetch_pack(ID, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == file.read_bytes()

    def test_a_pack_that_is_there_is_never_written_again(self, store: PackStore, file: Path) -> None:
        """Its name is its content; who comes second, or wakes up late, changes nothing."""
        store.put_pack(ID, file)
        file.write_bytes(b"something else")
        store.put_pack(ID, file)
        assert b"".join(store.read_pack(ID)[1]) == b"content" * 1000

    def test_packs_are_listed_and_removed(self, store: PackStore, file: Path) -> None:
        """Retention needs both; to remove what is gone is no error."""
        store.put_pack(ID, file)
        store.put_upload(sha256(b"upload").hexdigest(), file)
        assert [(one.digest, one.size) for one in store.packs()] == [(ID, 7000)]
        assert [one.digest for one in store.uploads()] == [sha256(b"upload").hexdigest()]
        store.remove_pack(ID)
        store.remove_pack(ID)
        assert list(store.packs()) == []

    def test_what_is_not_there_is_said(self, store: PackStore, tmp_path: Path) -> None:
        """One line, and no file is left behind."""
        with pytest.raises(InputError, match="not kept"):
            store.read_pack(ID)
        with pytest.raises(InputError, match="not kept"):
            store.fetch_upload(ID, tmp_path / "file")
        assert not (tmp_path / "file").exists()

    @pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, f"{'a' * 64}/../x"])
    def test_only_digests_are_names(self, store: PackStore, file: Path, name: str) -> None:
        """No name that somebody gives becomes a path."""
        with pytest.raises(InputError, match="no digest"):
            store.put_pack(name, file)


def test_a_link_gives_the_pack_to_whoever_has_it(s3: str, file: Path, tmp_path: Path) -> None:
    """Pre-signed: no credentials travel with it."""
    store = open_store("s3://packs-bucket/links", tmp_path, {**S3, "endpoint": s3})
    store.put_pack(ID, file)
    link = store.link(ID)
    assert "secret" not in link
    with urlopen(link) as reply:
        assert reply.read() == file.read_bytes()


def test_a_folder_gives_a_path_and_no_link(tmp_path: Path, file: Path) -> None:
    """A web server sends a file better than pieces of it."""
    store = open_store("", tmp_path / "store")
    assert store.path_of(ID) is None
    store.put_pack(ID, file)
    path = store.path_of(ID)
    assert path
    assert path.read_bytes() == file.read_bytes()
    assert store.link(ID) == ""


@pytest.mark.parametrize("url", ["ftp://x/y", "gs://x/y"])
def test_an_unknown_kind_of_store_is_refused(url: str, tmp_path: Path) -> None:
    """The variable at fault is named."""
    with pytest.raises(InputError, match="DOCTOWN_STORE_URL"):
        open_store(url, tmp_path)


def test_a_store_that_is_away_is_an_error_of_ours(tmp_path: Path, file: Path) -> None:
    """No exception of a library crosses the door."""
    options = {**S3, "endpoint": "http://127.0.0.1:9"}
    store = open_store("s3://packs-bucket", tmp_path, options, retries=0)
    with pytest.raises(DoctownError, match="the store failed"):
        store.put_pack(ID, file)


def test_a_bucket_that_is_not_there_is_told_of(s3: str, file: Path, tmp_path: Path) -> None:
    """Before the first client sends anything, and not as a defect of ours."""
    store = open_store("s3://no-such-bucket/packs", tmp_path, {**S3, "endpoint": s3})
    with pytest.raises(DoctownError, match="there is no such bucket"):
        store.check()
    with pytest.raises(DoctownError, match="there is no such bucket"):
        store.put_pack(ID, file)
    open_store("s3://packs-bucket/checked", tmp_path, {**S3, "endpoint": s3}).check()
