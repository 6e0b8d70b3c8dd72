"""The ledger: what verification notices, and what it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelcollapse.ledger import START, Signer, append, digest, faults

ADA, MACHINE, FORGER = (Signer(bytes([i]) * 32) for i in (1, 2, 3))
KNOWN = {ADA.name, MACHINE.name}
TEXTS = {digest(text): text for text in (b"one", b"two", b"three", b"four", b"five")}


@pytest.fixture
def entries():
    ledger = []
    for number, text in enumerate(TEXTS.values()):
        if number % 2:
            ledger = append(ledger, MACHINE, text, "machine", 1, [ledger[0].text])
        else:
            ledger = append(ledger, ADA, text, "human")
    return ledger


def found(entries, head=None, documents=TEXTS):
    return list(faults(entries, documents, KNOWN, head))


def test_an_untouched_ledger_is_right(entries):
    assert found(entries, entries[-1].hash) == [] and found([]) == [] and found([], START) == []
    assert [entry.kind for entry in entries] == ["human", "machine"] * 2 + ["human"]
    assert entries[1].parents == (digest(b"one"),)


def test_signatures_are_those_of_rfc_8032():
    """Its first test vector: the empty message."""
    secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    signer = Signer(bytes.fromhex(secret))
    assert signer.name == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signer.sign(b"").startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "human"},
        {"generation": 2},
        {"text": digest(b"three")},
        {"parents": ()},
        {"author": ADA.name},
        {"author": "no key"},
        {"before": START},
        {"signature": "00" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_is_signed(entries, change):
    entries[1] = replace(entries[1], **change)
    assert (1, "signature") in found(entries)
    assert (2, "chain") in found(entries)


def test_a_deleted_or_moved_entry_breaks_the_chain(entries):
    assert found(entries[:2] + entries[3:]) == [(2, "chain")]
    assert found(entries[1:]) == [(0, "chain")]
    swapped = [entries[0], entries[2], entries[1], *entries[3:]]
    assert found(swapped) == [(1, "chain"), (2, "chain"), (3, "chain")]


def test_a_changed_or_lost_text_is_noticed(entries):
    assert found(entries, documents={**TEXTS, digest(b"two"): b"zwei"}) == [(1, "text")]
    lost = {key: text for key, text in TEXTS.items() if text != b"two"}
    assert found(entries, documents=lost) == [(1, "text")]
    assert list(faults(entries)) == []  # who has no texts checks none


def test_a_stranger_is_noticed(entries):
    longer = append(entries, FORGER, b"one", "human")
    assert found(longer) == [(5, "author")]
    assert list(faults(longer)) == []


def test_what_it_cannot_see(entries):
    head = entries[-1].hash
    assert found(entries[:-1]) == []  # a tail that was cut off
    assert found(entries[:-1], head) == [(4, "end")]  # unless the last hash is known
    assert found(append(entries[:1], ADA, b"two", "human")) == []  # a lie of its author


def test_appending_leaves_the_ledger_as_it_was(entries):
    before = list(entries)
    append(entries, ADA, b"six", "human")
    assert entries == before


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: Signer(b"short"), "secret must be 32 bytes"),
        (lambda: append([], ADA, b"", "robot"), "kind must be one of"),
        (lambda: append([], ADA, b"", "human", 1), "generation must be 0 for people"),
        (lambda: append([], ADA, b"", "machine"), "generation must be 0 for people"),
    ],
)
def test_bad_arguments_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
