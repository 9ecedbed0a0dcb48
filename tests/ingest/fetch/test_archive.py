"""Archives as sources: read in place, and turned down when they are built to harm."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from doctown.errors import InputError
from doctown.ingest.fetch import Limits, open_archive, open_source

DEFAULT = Limits()
FILES = {"README.md": b"# Demo\n", "src/app.py": b"x = 1\n", "src/ü.txt": bytes(range(256)) * 20}


def tar_bytes(files: dict[str, bytes], top: str = "demo-1.2/", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(top + path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def tar_of(*members: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info in members:
            archive.addfile(info, io.BytesIO(b"x" * info.size) if info.isreg() else None)
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


def zip_bytes(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, top: str = "demo-1.2/") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(top + path, content)
    return out.getvalue()


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Writes bytes to a file and returns its path."""

    def save(content: bytes, name: str = "demo-1.2.bin") -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return save


def fault(path: Path, limits: Limits = DEFAULT) -> str:
    """The one-line error of an archive, from its listing or from reading all of it."""
    with pytest.raises(InputError) as caught, open_source(str(path), limits=limits) as tree:
        list(tree.read([one.path for one in tree.entries()]))
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


PACKINGS: dict[str, Callable[[], bytes]] = {
    "tar": lambda: tar_bytes(FILES),
    "tar in gnu format": lambda: tar_bytes(FILES, form=tarfile.GNU_FORMAT),
    "tar in ustar format": lambda: tar_bytes(FILES, form=tarfile.USTAR_FORMAT),
    "tar.gz": lambda: gzip.compress(tar_bytes(FILES)),
    "tar.gz in two parts": lambda: gzip.compress(tar_bytes(FILES)[:700]) + gzip.compress(tar_bytes(FILES)[700:]),
    "tar.bz2": lambda: bz2.compress(tar_bytes(FILES)),
    "tar.xz": lambda: lzma.compress(tar_bytes(FILES)),
    "tar.xz in two parts": lambda: lzma.compress(tar_bytes(FILES)[:700]) + lzma.compress(tar_bytes(FILES)[700:]),
    "tar.zst": lambda: zstandard.compress(tar_bytes(FILES)),
    "zip": lambda: zip_bytes(FILES),
    "zip stored": lambda: zip_bytes(FILES, zipfile.ZIP_STORED),
    "zip bzip2": lambda: zip_bytes(FILES, zipfile.ZIP_BZIP2),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_is_told_by_content_and_read(saved: Callable[..., Path], packing: str) -> None:
    """Whatever the file is called, its content says what it is; the single top folder is taken off, bytes are exact,
    and the origin has the archive's own digest."""
    path = saved(PACKINGS[packing](), "demo-1.2.bin")
    with open_source(str(path)) as tree:
        assert [(one.path, one.size) for one in tree.entries()] == [(p, len(c)) for p, c in sorted(FILES.items())]
        assert dict(tree.read(FILES)) == FILES
        assert dict(tree.read(["src/app.py"])) == {"src/app.py": b"x = 1\n"}
        assert tree.refused == []
        assert tree.origin.kind == "archive"
        assert tree.origin.location == "demo-1.2.bin"
        assert tree.origin.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_name_and_version_come_from_the_file_name(saved: Callable[..., Path]) -> None:
    """A person calls `demo-1.2.tar.gz` demo; an upload is shown by the last part of its own name."""
    path = saved(PACKINGS["tar.gz"](), "demo-1.2.tar.gz")
    with open_source(str(path)) as tree:
        assert (tree.origin.name, tree.origin.version) == ("demo", "1.2")
    with open_archive(path, name="demo-a_1.2~rc-1.orig.tar.gz") as tree:  # as Debian names it
        assert (tree.origin.name, tree.origin.version) == ("demo-a", "1.2~rc-1")
    with open_archive(path, name="C:\\fakepath\\../other-3.0.zip") as tree:
        assert (tree.origin.location, tree.origin.name) == ("other-3.0.zip", "other")


def test_several_top_folders_stay(saved: Callable[..., Path]) -> None:
    """Only a folder that holds everything is taken off."""
    with open_source(str(saved(zip_bytes({"a/x": b"1", "b/y": b"2"}, top="")))) as tree:
        assert [one.path for one in tree.entries()] == ["a/x", "b/y"]


def test_commit_that_git_archive_noted_is_kept(saved: Callable[..., Path]) -> None:
    """An archive made by `git archive` says which commit it is."""
    out = io.BytesIO()
    commit = "ab" * 20
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": commit}) as archive:
        archive.addfile(member("a/b", size=1), io.BytesIO(b"x"))
    with open_source(str(saved(out.getvalue()))) as tree:
        assert tree.origin.commit == commit


def test_long_names_are_read_in_both_dialects(saved: Callable[..., Path]) -> None:
    """Names over 100 characters come in extended headers, of pax and of GNU tar."""
    long = "/".join(["part" * 10] * 6) + "/ä.py"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with open_source(str(saved(tar_bytes({long: b"z", "a": b""}, form=form)))) as tree:
            assert dict(tree.read([long])) == {long: b"z"}


# --- refused one by one -----------------------------------------------------------------------------------------


def test_links_and_devices_are_refused_not_followed(saved: Callable[..., Path]) -> None:
    """Links of both sorts, devices and pipes are listed and never read; the rest of the archive is."""
    path = saved(
        tar_of(
            member("d/file", size=3),
            member("d/soft", tarfile.SYMTYPE, link="/etc/passwd"),
            member("d/hard", tarfile.LNKTYPE, link="d/file"),
            member("d/device", tarfile.CHRTYPE),
            member("d/disk", tarfile.BLKTYPE),
            member("d/pipe", tarfile.FIFOTYPE),
        )
    )
    with open_source(str(path)) as tree:
        assert {one.path: one.kind for one in tree.entries()} == {
            "file": "file", "soft": "symlink", "hard": "special", "device": "special", "disk": "special",
            "pipe": "special",
        }  # fmt: skip
        assert {name for name, _ in tree.refused} == {"soft", "hard", "device", "disk", "pipe"}
        for name, _ in tree.refused:
            with pytest.raises(ValueError, match="not a readable entry"):
                list(tree.read([name]))
        assert dict(tree.read(["file"])) == {"file": b"xxx"}


def test_sixteen_level_symlink_escape_reads_nothing_outside(saved: Callable[..., Path], tmp_path: Path) -> None:
    """The chain of links that escapes the standard library's extraction filter: nothing is written, nothing outside
    is read, and the file below the links is a file of the archive like any other."""
    members, path, folder = [], "", "d" * 247
    for letter in "abcdefghijklmnop":
        members += [member(path + folder, tarfile.DIRTYPE), member(path + letter, tarfile.SYMTYPE, link=folder)]
        path += folder + "/"
    link = "/".join("abcdefghijklmnop") + "/" + "l" * 254
    members += [
        member(link, tarfile.SYMTYPE, link="../" * 16),
        member("escape", tarfile.SYMTYPE, link=link + "/../../secret"),
        member("escape/owned.txt", size=5),
    ]
    (tmp_path / "box").mkdir()
    archive = saved(tar_of(*members), "box/attack.tar")
    before = sorted(tmp_path.rglob("*"))
    with open_source(str(archive), limits=Limits(max_path_length=8000)) as tree:
        refused = dict(tree.refused)
        assert refused["escape"] == "symbolic link, not followed"
        assert dict(tree.read([one.path for one in tree.entries() if one.path not in refused])) == {
            "escape/owned.txt": b"xxxxx"
        }
    assert sorted(tmp_path.rglob("*")) == before


def test_link_over_a_file_leaves_nothing_to_read(saved: Callable[..., Path]) -> None:
    """Of a repeated name the last counts, also when it makes a link of a file; the repetition is reported."""
    path = saved(tar_of(member("d/a", size=1), member("d/a", tarfile.SYMTYPE, link="x"), member("d/b", size=2)))
    with open_source(str(path)) as tree:
        assert [(one.path, one.kind) for one in tree.entries()] == [("a", "symlink"), ("b", "file")]
        assert tree.warnings == ["1 names come more than once; the last of each is read"]


def test_last_of_a_repeated_name_is_read(saved: Callable[..., Path]) -> None:
    """Appending to a tar replaces a file: the last content is the one."""
    path = saved(tar_of(member("d/a", size=1), member("d/c"), member("d/a", size=4)))
    with open_source(str(path)) as tree:
        assert dict(tree.read(["a"])) == {"a": b"xxxx"}


def test_zip_symlink_is_refused(saved: Callable[..., Path]) -> None:
    """A zip states a link in its Unix mode; its target is never read as if it were code."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("d/link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("d/file", "x")
    with open_source(str(saved(out.getvalue()))) as tree:
        assert tree.refused == [("link", "symbolic link, not followed")]


def test_names_over_a_cap_are_refused(saved: Callable[..., Path]) -> None:
    """Too deep, too long, unprintable or undecodable names cost that entry alone."""
    deep, long = "d/" * 70 + "f", "n" * 2000
    path = saved(tar_of(*(member(name, size=1) for name in (deep, long, "a\nb", "bad\udcff", "fine"))))
    with open_source(str(path)) as tree:
        reasons = sorted(reason for _, reason in tree.refused)
        assert reasons == [
            "control character in its name",
            "its name is not valid UTF-8",
            "nested deeper than 64 folders",
            "path longer than 1024 characters",
        ]
        assert dict(tree.read(["fine"])) == {"fine": b"x"}


def test_over_the_cap_on_files_is_said(saved: Callable[..., Path]) -> None:
    """An archive of more files than the cap is read up to it, with a warning that counts the rest."""
    path = saved(tar_bytes({f"{n:03}": b"" for n in range(30)}))
    with open_source(str(path), limits=Limits(max_files=20)) as tree:
        assert len(tree.entries()) == 20
        assert tree.warnings == ["stopped listing at 20 files; 10 more were left out"]


# --- attacks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/x", "..\\x", "a\\..\\..\\x", "C:\\x", "C:x", "\\x", "d/.."]
)
@pytest.mark.parametrize("packing", ["tar", "zip"])
def test_paths_that_leave_are_an_attack(saved: Callable[..., Path], name: str, packing: str) -> None:
    """A path that climbs out or is absolute, in either spelling, turns the whole archive down."""
    content = tar_of(member("ok"), member(name)) if packing == "tar" else zip_bytes({"ok": b"", name: b""}, top="")
    message = fault(saved(content))
    assert "attack" in message
    assert "climbs out" in message or "absolute" in message


def quoted_overlap(kernel: bytes, count: int) -> bytes:
    """A zip whose every member is a stored block that quotes the next member's header, and then that member: all
    share one compressed kernel, and each is valid."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed, plain = packer.compress(kernel) + packer.flush(), kernel
    directory, offsets, body = [], [], b""
    for number in reversed(range(count)):
        name = f"{number:04}".encode()
        fields = (20, 0, 8, 0, 33, zlib.crc32(plain), len(packed), len(plain), len(name), 0)
        header = struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name
        directory.append((struct.pack("<4s6H3I5H", b"PK\x01\x02", 20, *fields, 0, 0, 0), name))
        body = header + packed
        offsets.append(len(body))
        packed = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF) + body
        plain = header + plain
    listed = b"".join(
        head + struct.pack("<II", 0, len(body) - length) + name
        for (head, name), length in zip(directory, offsets, strict=True)
    )
    return body + listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(listed), len(body), 0)


def test_overlapping_members_are_an_attack(saved: Callable[..., Path]) -> None:
    """Members that share bytes (a quoted overlap) are turned down, even where the sum of sizes is within the caps."""
    path = saved(quoted_overlap(bytes(100_000), 50))
    with zipfile.ZipFile(path) as archive:
        assert sum(one.file_size for one in archive.infolist()) > 5_000_000
        # The last member is a sound one: it is their sharing that gives the archive away, not damage.
        assert archive.read(archive.infolist()[0]) == bytes(100_000)
    assert "members overlap" in fault(path)


def test_same_member_listed_twice_overlaps(saved: Callable[..., Path]) -> None:
    """The plain form of it: two entries of the directory that point to one member."""
    whole = zip_bytes({"a": b"hello" * 10, "b": b"hello" * 10}, top="")
    offset = whole.rindex(b"PK\x01\x02") + 42
    path = saved(whole[:offset] + bytes(4) + whole[offset + 4 :])
    assert "members overlap" in fault(path)


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz", "zstd", "zip"])
def test_bombs_are_stopped_by_ratio(saved: Callable[..., Path], packing: str) -> None:
    """Some kilobytes that unpack to many megabytes are stopped soon after the floor, in every packing."""
    bulk = {"zeros": bytes(24 * 1024 * 1024)}
    content = {
        "gzip": lambda: gzip.compress(tar_bytes(bulk)),
        "bzip2": lambda: bz2.compress(tar_bytes(bulk)),
        "xz": lambda: lzma.compress(tar_bytes(bulk), preset=0),
        "zstd": lambda: zstandard.compress(tar_bytes(bulk)),
        "zip": lambda: zip_bytes(bulk),
    }[packing]()
    assert "decompression bomb" in fault(saved(content), Limits(ratio_floor_bytes=1024 * 1024))


def test_total_over_the_cap_is_stopped(saved: Callable[..., Path]) -> None:
    """What unpacks to more than the cap on bytes is turned down, whatever its ratio."""
    for content in (tar_bytes(FILES), zip_bytes(FILES)):
        assert "unpacks to" in fault(saved(content), Limits(max_total_bytes=5000))


def test_bytes_really_read_count_not_those_stated(saved: Callable[..., Path]) -> None:
    """Bytes behind the end mark of a tar belong to no member, and still count."""
    content = gzip.compress(tar_bytes({"a": b""}) + bytes(8 * 1024 * 1024))
    assert "bomb" in fault(saved(content), Limits(ratio_floor_bytes=1024 * 1024))


@pytest.mark.parametrize("packing", ["tar", "zip"])
def test_entries_beyond_reason_are_an_error(saved: Callable[..., Path], packing: str) -> None:
    """An archive of entries without end is turned down, folders and repeated names counted."""
    if packing == "tar":
        content = tar_of(*(member("d", tarfile.DIRTYPE) for _ in range(40)))
    else:
        content = zip_bytes({f"{n}/": b"" for n in range(40)})
    assert "more than 30 entries" in fault(saved(content), Limits(max_entries=30))


def test_chain_of_extended_headers_is_stopped(saved: Callable[..., Path]) -> None:
    """Headers about a member that never comes are counted as well."""
    header = member("@", tarfile.GNUTYPE_LONGNAME, 4).tobuf(tarfile.GNU_FORMAT) + b"abc\0".ljust(512, b"\0")
    assert "more than 10 entries" in fault(saved(header * 60), Limits(max_entries=10))


def test_huge_zip_directory_is_not_loaded(saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of hundreds of megabytes is turned down before it is read into memory."""
    limits = Limits(max_entries=10)
    directory = bytes(200_000)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 64, 0)
    path = saved(b"PK\x03\x04" + bytes(60) + directory + end)
    assert "more entries than is reasonable" in fault(path, limits)


def test_encrypted_zip_is_named(saved: Callable[..., Path]) -> None:
    """An encrypted archive cannot be read and says so."""
    content = bytearray(zip_bytes({"a": b"x"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted — decrypt it first" in fault(saved(bytes(content)))


def test_sparse_members_are_turned_down(saved: Callable[..., Path]) -> None:
    """A sparse member's size can be anything; both dialects of it are turned down."""
    gnu = member("s", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT)
    assert "sparse" in fault(saved(gnu + bytes(1024)))
    info = member("s", size=4)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}
    assert "sparse" in fault(saved(tar_of(info)))


def test_huge_extended_header_is_not_loaded(saved: Callable[..., Path]) -> None:
    """A header that states gigabytes is turned down before it is read."""
    for kind in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
        header = member("h", kind, size=3 * 1024**3).tobuf(tarfile.GNU_FORMAT)
        assert "extended header of 3221225472 bytes" in fault(saved(header + bytes(1024)))


def test_negative_size_does_not_turn_in_circles(saved: Callable[..., Path]) -> None:
    """A member of negative size, which sent the standard library backwards, is an attack."""
    header = member("n", size=-512).tobuf(tarfile.GNU_FORMAT)
    assert "negative size" in fault(saved(header + bytes(1024)))
    info = member("n", size=0)
    info.pax_headers = {"size": "-512"}
    assert "member of size" in fault(saved(tar_of(info)))


@pytest.mark.parametrize("record", [b"9 x=y\n", b"0 x=y\n", b"999 x=y\n", b"path=x\n", b"-6 x=y\n", b"6 xxy\n"])
def test_malformed_extended_headers_are_damage(saved: Callable[..., Path], record: bytes) -> None:
    """Records with wrong lengths are an error, never an endless loop or a crash."""
    header = member("h", tarfile.XHDTYPE, size=len(record)).tobuf(tarfile.USTAR_FORMAT)
    content = header + record.ljust(512, b"\0") + tar_of(member("a", size=1))
    assert "malformed extended header" in fault(saved(content))


def test_xz_that_asks_for_gigabytes_is_turned_down(saved: Callable[..., Path]) -> None:
    """A stream may ask for a dictionary of up to 4 GiB; the memory is not handed out."""
    from doctown.ingest.fetch import stream

    bulk = lzma.compress(tar_bytes(FILES), filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "_MAX_WINDOW", 1 << 18)
        assert "damaged" in fault(saved(bulk))
    with open_source(str(saved(bulk))) as tree:
        assert tree.entries()


# --- damage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", [name for name in PACKINGS if "two" not in name])
def test_cut_short_is_an_error(saved: Callable[..., Path], packing: str) -> None:
    """An archive of which the end is missing is never taken for a smaller one."""
    whole = PACKINGS[packing]()
    fault(saved(whole[: len(whole) * 2 // 3 // 512 * 512 + 100]))


@pytest.mark.parametrize("content", [b"", b"hello\n", b"x" * 4096, bytes(100), b"%PDF-1.4" + bytes(2000)])
def test_what_is_no_archive_is_said_so(saved: Callable[..., Path], content: bytes) -> None:
    """A file that is no archive is an input error which lists what would be one."""
    message = fault(saved(content))
    assert "not an archive" in message
    assert "tar.zst" in message


def test_compressed_file_that_is_no_tar_is_said_so(saved: Callable[..., Path]) -> None:
    """A compressed single file is told from an archive."""
    assert "gzip-compressed, but holds no tar" in fault(saved(gzip.compress(b"hello" * 1000)))


def test_empty_archives_hold_no_files(saved: Callable[..., Path]) -> None:
    """An archive without a file is an input error: there is nothing to document."""
    for content in (tar_bytes({}), zip_bytes({}), tar_of(member("d", tarfile.DIRTYPE))):
        assert "holds no files" in fault(saved(content))


def test_damaged_member_is_an_error(saved: Callable[..., Path]) -> None:
    """A member whose checksum does not fit is never passed on as content."""
    content = bytearray(zip_bytes({"a": b"hello hello"}, zipfile.ZIP_STORED))
    content[content.index(b"hello")] ^= 1
    assert "damaged at a" in fault(saved(bytes(content)))
    packed = bytearray(gzip.compress(tar_bytes(FILES)))
    packed[-6] ^= 1
    assert "damaged" in fault(saved(bytes(packed)))


@pytest.mark.parametrize("packing", ["tar", "tar.gz", "tar.xz", "tar.zst", "zip"])
def test_any_damage_is_an_input_error_or_harmless(saved: Callable[..., Path], packing: str) -> None:
    """Whatever bytes of an archive are altered, it is read or turned down with an input error: no other exception."""
    whole = PACKINGS[packing]()
    chance = random.Random(packing)  # the same alterations in every run
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.choice([0, 1, 32, 48, 127, 128, 255])
        try:
            with open_source(str(saved(bytes(content)))) as tree:
                refused = {path for path, _ in tree.refused}
                list(tree.read([one.path for one in tree.entries() if one.path not in refused]))
        except InputError as error:
            assert "\n" not in str(error)
