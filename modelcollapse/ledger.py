"""A ledger of documents that others can check: who wrote what, out of what, in which order.

Each entry is signed by its author and holds the hash of the entry before it, so that the entries
form a chain. `verify` finds what was changed, and cannot find what nobody can: an end that was
cut off, unless the last hash is known from elsewhere, and a lie that its author signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from modelcollapse import _valid

KINDS = ("human", "machine")


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class Signer:
    """An author with a private key.

    Parameters
    ----------
    secret : bytes of length 32
        The private key: from `secrets.token_bytes` in earnest, from a seeded generator in a lab.

    Attributes
    ----------
    name : str
        The public key, 64 hexadecimal digits, by which the author is known.

    Notes
    -----
    Source: Ed25519, RFC 8032, by way of the package cryptography.
    """

    def __init__(self, secret: bytes) -> None:
        if not (isinstance(secret, bytes) and len(secret) == 32):
            raise ValueError(f"secret must be 32 bytes, got {type(secret).__name__}")
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.name = self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """The signature of a message, 128 hexadecimal digits."""
        return self._key.sign(message).hex()


@dataclass(frozen=True)
class Entry:
    """What a ledger holds of one document.

    Attributes
    ----------
    kind : {"human", "machine"}
        Who wrote it, as its author says.
    generation : int
        0 for people, t for model t.
    text : str
        SHA-256 of the document.
    parents : tuple of str
        Of a machine's document: hashes of what its model was trained on, or of their list.
    author : str
        Public key of whoever signed.
    before : str
        Hash of the entry before it, and of nothing for the first.
    signature : str
        By the author, of all of the above.
    """

    kind: str
    generation: int
    text: str
    parents: tuple[str, ...]
    author: str
    before: str
    signature: str = ""

    def message(self) -> bytes:
        """What is signed."""
        fields = [self.kind, self.generation, self.text, list(self.parents)]
        return json.dumps([*fields, self.author, self.before]).encode()

    @property
    def hash(self) -> str:
        return digest(self.message() + self.signature.encode())

    def signed_by_its_author(self) -> bool:
        """Whether the signature is the author's and of just these words."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.author))
            key.verify(bytes.fromhex(self.signature), self.message())
        except (InvalidSignature, ValueError):
            return False
        return True


START = digest(b"")


def append(
    entries: Sequence[Entry],
    signer: Signer,
    document: bytes,
    kind: str,
    generation: int = 0,
    parents: Collection[str] = (),
) -> list[Entry]:
    """A ledger with one more entry at its end.

    Parameters
    ----------
    entries : sequence of Entry
        The ledger so far; it stays as it is.
    signer : Signer
    document : bytes
    kind : {"human", "machine"}
    generation : int
        0 for people, and at least 1 for machines.
    parents : collection of str
        Hashes of what it was made from.

    Raises
    ------
    ValueError
        If kind and generation do not fit each other.
    """
    _valid.one_of("kind", kind, KINDS)
    t = _valid.integer("generation", generation, 0)
    if (kind == "human") != (t == 0):
        raise ValueError(f"generation must be 0 for people and only for them, got {kind} and {t}")
    before = entries[-1].hash if entries else START
    entry = Entry(kind, t, digest(document), tuple(parents), signer.name, before)
    signed = Entry(**{**entry.__dict__, "signature": signer.sign(entry.message())})
    return [*entries, signed]


def faults(
    entries: Sequence[Entry],
    documents: Mapping[str, bytes] | None = None,
    known: Collection[str] | None = None,
    head: str | None = None,
) -> Iterator[tuple[int, str]]:
    """What is wrong with a ledger: the number of each entry at fault, and what is at fault.

    Parameters
    ----------
    entries : sequence of Entry
    documents : mapping of str to bytes, optional
        The documents at hand, by the hash that the ledger has for them.
    known : collection of str, optional
        Public keys of the authors one knows; without it any author will do.
    head : str, optional
        Hash of the last entry, as it was kept elsewhere.

    Yields
    ------
    number : int
        Of the entry, from 0; the number of entries if the end is at fault.
    what : {"signature", "author", "chain", "text", "end"}
    """
    before = START
    for number, entry in enumerate(entries):
        if not entry.signed_by_its_author():
            yield number, "signature"
        if known is not None and entry.author not in known:
            yield number, "author"
        if entry.before != before:
            yield number, "chain"
        if documents is not None and digest(documents.get(entry.text, b"")) != entry.text:
            yield number, "text"
        before = entry.hash
    if head is not None and before != head:
        yield len(entries), "end"
