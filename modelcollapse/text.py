"""Text as numbers: characters to ids and back, blocks of equal length, words."""

from __future__ import annotations

import hashlib
import re

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array

#: The alphabet of the course has 32 symbols, "0" for every digit. See `normalise`.
PLAIN = " abcdefghijklmnopqrstuvwxyz.,'-0"

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_ASCII = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u00a0": " ",
    }
)


class Alphabet:
    """Symbols and their ids: the place of each in a string.

    Parameters
    ----------
    symbols : str
        The symbols, each once, at most 256.

    Raises
    ------
    ValueError
        If there are no symbols, more than 256, or one of them twice.
    """

    def __init__(self, symbols: str = PLAIN) -> None:
        if not (isinstance(symbols, str) and 0 < len(symbols) == len(set(symbols)) <= 256):
            raise ValueError(
                f"symbols must be a string of 1 to 256 different symbols, got {symbols!r}"
            )
        self.symbols = symbols
        self._codes = np.array([ord(symbol) for symbol in symbols], "<u4")
        self._id = np.full(self._codes.max() + 2, -1, np.int16)  # the last: everything beyond
        self._id[self._codes] = np.arange(len(symbols))

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> Array:
        """Ids of the symbols of a text, uint8 of shape (length,).

        Raises
        ------
        ValueError
            If a symbol of `text` is not in the alphabet.
        """
        codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
        ids = self._id[np.minimum(codes, len(self._id) - 1)]
        if (ids < 0).any():
            place = int(np.argmax(ids < 0))
            raise ValueError(
                f"text must hold only the symbols {self.symbols!r}, got {text[place]!r} at place "
                f"{place}; normalise(text, symbols) replaces the others"
            )
        return ids.astype(np.uint8)

    def decode(self, ids: ArrayLike) -> str:
        """The text of a row of ids, shape (length,).

        Raises
        ------
        ValueError
            If `ids` is not one row of whole numbers from 0 to the size of the alphabet less one.
        """
        row = np.asarray(ids)
        if row.ndim != 1 or (
            row.size
            and not (
                np.issubdtype(row.dtype, np.integer) and row.min() >= 0 and row.max() < len(self)
            )
        ):
            raise ValueError(
                f"ids must be one row of whole numbers from 0 to {len(self) - 1}, got {ids!r}"
            )
        return self._codes[row.astype(int)].tobytes().decode("utf-32-le")


def to_ascii(text: str) -> str:
    """Curly quotes and long dashes as their ASCII cousins, every run of white space as a blank."""
    return " ".join(text.translate(_ASCII).split())


def normalise(text: str, symbols: str = PLAIN) -> str:
    """A text in few symbols.

    Quotes and dashes become ASCII. What is not among the symbols is tried in lower case, a digit
    then as "0"; what is still not among them becomes a blank. Runs of blanks become one.

    Parameters
    ----------
    text : str
        Any text.
    symbols : str
        The symbols to keep, a blank among them.

    Raises
    ------
    ValueError
        If `symbols` has no blank.
    """
    if not isinstance(symbols, str) or " " not in symbols:
        raise ValueError(f"symbols must be a string with a blank in it, got {symbols!r}")
    text = to_ascii(text)
    # One character each, so that lengths and places stay in step.
    change = {
        ord(c): next((d for d in (c, c.lower(), "0" * c.isdigit()) if d and d in symbols), " ")
        for c in set(text)
    }
    return " ".join(text.translate(change).split())


def blocks(ids: ArrayLike, length: int) -> Array:
    """Consecutive cuts of a document; what is left over at the end is dropped.

    Parameters
    ----------
    ids : array_like of int, shape (characters,)
        A document, or several put together.
    length : int
        Characters in a block.

    Returns
    -------
    ndarray of int, shape (characters // length, length)

    Raises
    ------
    ValueError
        If `ids` is not one row, `length` is less than 1, or there is not one block.
    """
    row = np.asarray(ids)
    length = _valid.integer("length", length, 1)
    if row.ndim != 1 or len(row) < length:
        raise ValueError(
            f"ids must be one row of at least length = {length} ids, got the shape {row.shape}"
        )
    n = len(row) // length
    return row[: n * length].reshape(n, length)


def words(text: str) -> list[str]:
    """The words of a text: runs of the letters a to z in lower case, apostrophes inside kept."""
    return _WORD.findall(text.lower())


def suitable(text: str) -> bool:
    """Whether a text is free of the words that a classroom need not read.

    Generated text may hit upon slurs and vulgar words, also where no person wrote them. The lists
    know them by a digest alone, so that they are printed nowhere: some as words, some as a part of
    any word.
    """
    for word in set(words(text)):
        parts = {word[i : i + n] for n in _PART_LENGTHS for i in range(len(word) - n + 1)}
        if _digest(word) in _WHOLE or any(_digest(part) in _ANYWHERE for part in parts):
            return False
    return True


def _digest(word: str) -> str:
    return hashlib.sha256(f"copies of copies: {word}".encode()).hexdigest()[:10]


_PART_LENGTHS = range(4, 7)
_ANYWHERE = frozenset(
    """
    0281cc4909 3398d3f89b 6c97228073 794d41488a 8717e28f08 bd89a13a64 cb847577e8 e51cfab217
    eaec2bf924
    """.split()
)
_WHOLE = frozenset(
    """
    008d12be97 0130d01351 0273637809 05c78ce9ee 0908499219 0abc21f9d5 0ac598072e 10b0c9fad5
    123c5658d7 132d7ef87c 13adb347c8 14fb77a42c 156f5333d5 163eef6eea 1820785181 1a35dca5f9
    1ab6d8b484 1beba07657 1db517fa43 1edf56cac2 217e003ef0 28cd4f0c2f 2cd4df6b97 31ac327c30
    31accc97b0 33795da841 354bd63501 36015a67a4 3687897285 3742a820e0 37e3c84c6e 3d131c0e25
    3f1c0549b4 4233794987 43d9ef063b 44ff14bce7 456d721399 45b9f9fe84 47ed80b7c7 4a8b9df1fc
    4d1bd3abf5 4d9487a08b 50b78c94d5 5300018260 5a01f27708 5a07ed4c25 5ae28d0d76 5c111fc4c6
    5e082b771a 604308488b 615e5c6284 6204a29271 638a4cb83d 67892fc2f9 6a049710b4 6a07d1ae17
    6ad2be7fe5 6feb075298 737b8f9435 759a32c1c4 76c733642b 780d3589ed 79be298ecd 7a4eb05628
    7ec4af989a 7ef3f779e8 8313535c60 83236358cd 83c08e8d0b 879f3af6a4 89eb9b26f8 8c10790015
    8eb093c01b 8f00a2ad74 9273703ee6 933ff6eba7 9486fbc475 9768971845 99df6cee4b 9c2b129605
    9c6b3cc3c6 9ca6d8e3c4 9cc819bea6 9fa1437060 a4723eeb9f a4efb679a0 a68dba9ff7 ac21731005
    adb6cee497 adfaa0f225 b114c6c201 b275bdf0f5 b32257aede b37239d7d9 b3be12ad39 b4dc84d371
    b6cdcf1245 b84649ebf0 bf6794bd6e bf87a12560 c283fc22db c41c29907e c5331bb708 c73c6f8b77
    c8605a4449 cad48622fb cb0537dbac cc6a9f8744 cf291f19fe cf353187ef cf77b5229e d2078c0c37
    d270f5016f d4d4da1e0c d5f55e7107 d86de7fdbd d8b84e5d52 db59770882 df5e48be78 e184fd0743
    eab402c821 eadc05d90a eec0441b2f f040fd9077 f0d5d472e8 f1263dd803 f18df4533d f44fd65e1c
    f499222e8c f6b55a3bfe f8eebafa4a fae59f89c2 fbd6b176b9 fe2038b4ef
    """.split()
)
