"""Croissant records and signed pictures, against the readers that others use."""

from __future__ import annotations

import io
import json
import socket
import sys

import pytest

from modelcollapse import formats

COLUMNS = {"text": "A document.", "kind": "Who wrote it."}
ABOUT = {
    "license": "https://creativecommons.org/publicdomain/mark/1.0/",
    "url": "https://example.org/corpus",
    "datePublished": "2026-11-30",
    "version": "1.0.0",
    "citeAs": "A lab (2026)",
}


@pytest.fixture
def offline(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def record(tmp_path):
    """A corpus of two documents and its record, both written."""
    file = tmp_path / "corpus.csv"
    file.write_text("text,kind\na b,human\nc d,machine\n")
    written = formats.croissant("corpus", "Two documents.", "A lab", file, COLUMNS, **ABOUT)
    (tmp_path / "croissant.json").write_text(json.dumps(written))
    return tmp_path / "croissant.json"


def test_a_record_is_valid_and_read_back(record, offline, capfd):
    assert formats.read_croissant(record) == [
        {"text": "a b", "kind": "human"},
        {"text": "c d", "kind": "machine"},
    ]
    assert capfd.readouterr().err == ""


def test_mlcroissant_itself_finds_nothing_wrong(record, offline):
    import mlcroissant

    issues = mlcroissant.Dataset(record).metadata.issues
    assert issues.errors == set() and issues.warnings == set()


def test_a_file_that_was_changed_is_refused(record, offline):
    file = record.with_name("corpus.csv")
    file.write_text(file.read_text().replace("machine", "human"))
    with pytest.raises(ValueError, match="[Hh]ash"):
        formats.read_croissant(record)


def test_a_record_that_lacks_something_is_refused(record):
    broken = json.loads(record.read_text())
    del broken["distribution"]
    record.write_text(json.dumps(broken))
    with pytest.raises(ValueError, match="corpus.csv"):
        formats.read_croissant(record)


@pytest.fixture(scope="module", params=["png", "svg"])
def picture(request):
    from matplotlib.figure import Figure

    fig = Figure(figsize=(2, 2))
    fig.subplots().plot([1, 2])
    buffer = io.BytesIO()
    fig.savefig(buffer, format=request.param)
    return buffer.getvalue(), {"png": "image/png", "svg": "image/svg+xml"}[request.param]


def test_a_signed_picture_is_valid_and_its_signer_unknown(picture, offline):
    data, kind = picture
    signed = formats.sign_picture(data, kind, "A figure", bytes(range(32)))
    assert len(signed) > len(data)
    assert formats.read_picture(signed, kind) == ("Valid", ["signingCredential.untrusted"])


def test_a_changed_picture_is_noticed():
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    Figure(figsize=(2, 2)).savefig(buffer, format="png")
    signed = formats.sign_picture(buffer.getvalue(), "image/png", "A figure", bytes(32))
    place = signed.rindex(b"IDAT") + 10
    changed = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
    state, codes = formats.read_picture(changed, "image/png")
    assert state == "Invalid" and "assertion.dataHash.mismatch" in codes


def test_what_is_not_signed_has_nothing_to_read(picture):
    with pytest.raises(ValueError, match="no JUMBF|ManifestNotFound"):
        formats.read_picture(*picture)


def test_plain_text_has_no_container():
    with pytest.raises(ValueError, match="unsupported"):
        formats.sign_picture(b"Fellow citizens", "text/plain", "A text", bytes(32))


@pytest.mark.parametrize(
    "module, call",
    [
        ("mlcroissant", lambda: formats.read_croissant("croissant.json")),
        ("c2pa", lambda: formats.sign_picture(b"", "image/png", "A", bytes(32))),
        ("c2pa", lambda: formats.read_picture(b"", "image/png")),
    ],
)
def test_what_is_missing_is_named(monkeypatch, module, call):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {module}"):
        call()
