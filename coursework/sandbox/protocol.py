"""What may cross between the marker and a student's process: plain data in JSON frames.

Nothing that arrives is ever executed: no pickle, and no object that is not listed in `encode`.
"""

from __future__ import annotations

import base64
import json
import os
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

MAX_BYTES = 16 * 2**20
MAX_ITEMS = 200_000  # of lists and dictionaries; arrays have no items
MAX_KEYS = 1000  # of a dictionary: more may be made to collide
KINDS = "biufcU"  # numpy's letters for booleans, numbers and text


class Unsendable(TypeError):
    """A value that may not cross."""


class NoReply(Exception):
    """The other side is gone, or said nothing in time, or said what cannot be read."""


def encode(value: Any) -> Any:
    """A value as JSON can hold it.

    Raises
    ------
    Unsendable
        If it, or something in it, is not None, bool, int, float, str, list, tuple, dict, a numpy
        scalar or array of numbers or text, or a numpy Generator on PCG64.
    """
    if isinstance(value, np.generic | np.ndarray):
        if value.dtype.kind not in KINDS:
            raise Unsendable(f"a numpy array of type {value.dtype}")
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        return {kind: value.dtype.str, "shape": value.shape, "data": data}
    if value is None or value is ...:  # both say: not answered
        return None
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [encode(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, np.random.Generator):
        bits, seed = value.bit_generator, value.bit_generator.seed_seq
        if isinstance(bits, np.random.PCG64) and isinstance(seed, np.random.SeedSequence):
            children = seed.n_children_spawned
            sequence = [seed.entropy, list(seed.spawn_key), children]  # what `spawn` goes by
            return {"generator": bits.state, "seed": sequence}
    raise Unsendable(f"a {type(value).__name__}")


def decode(data: Any) -> Any:
    """The value that `encode` was given; ValueError if the data are nothing `encode` makes."""
    if data is None or isinstance(data, bool | int | float | str):
        return data
    match data:
        case {"array": str(dtype), "shape": list(shape), "data": str(raw)}:
            return _array(dtype, raw).reshape(shape).copy()
        case {"scalar": str(dtype), "data": str(raw)}:
            return _array(dtype, raw)[0]
        case {"list": list(items)}:
            return [decode(item) for item in items]
        case {"tuple": list(items)}:
            return tuple(decode(item) for item in items)
        case {"dict": list(items)} if len(items) <= MAX_KEYS:
            return {decode(key): decode(item) for key, item in items}
        case {"generator": dict(state), "seed": [entropy, spawn_key, children]}:
            seed = np.random.SeedSequence(entropy, spawn_key=spawn_key, n_children_spawned=children)
            generator = np.random.Generator(np.random.PCG64(seed))
            generator.bit_generator.state = state
            return generator
    raise ValueError("not a value that may cross")


def _array(dtype: str, raw: str) -> np.ndarray:
    kind = np.dtype(dtype)
    if kind.kind not in KINDS:
        raise ValueError(f"not a type that may cross: {dtype}")
    return np.frombuffer(base64.b64decode(raw), kind)


def send(connection: Connection, message: dict[str, Any]) -> None:
    """Send one frame."""
    try:
        connection.send_bytes(json.dumps(message).encode())
    except (OSError, ValueError) as error:
        raise NoReply(str(error)) from error


def receive(connection: Connection, seconds: float | None = None) -> dict[str, Any]:
    """The next frame; NoReply if it has not come whole within `seconds`, or cannot be read."""
    try:
        raw = connection.recv_bytes(MAX_BYTES) if seconds is None else _in_time(connection, seconds)
        if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_ITEMS:
            raise NoReply("too many items")
        message = json.loads(raw)
    except (OSError, EOFError, ValueError, RecursionError, MemoryError) as error:
        raise NoReply(str(error)) from error
    if not isinstance(message, dict):
        raise NoReply("not a message")
    return message


def _in_time(connection: Connection, seconds: float) -> bytes:
    """A frame as `Connection.recv_bytes` reads it, which waits for ever for the end of one."""
    until = time.monotonic() + seconds
    if os.name == "nt":  # a pipe there is read whole
        if not connection.poll(seconds):
            raise NoReply("late")
        return connection.recv_bytes(MAX_BYTES)

    def read(size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            if not connection.poll(max(0.0, until - time.monotonic())):
                raise NoReply("late")
            part = os.read(connection.fileno(), min(size - len(data), 2**20))
            if not part:
                raise EOFError
            data += part
            if time.monotonic() > until:
                raise NoReply("late")
        return bytes(data)

    size = int.from_bytes(read(4), "big", signed=True)
    if not 0 <= size <= MAX_BYTES:
        raise NoReply("too large")
    return read(size)
