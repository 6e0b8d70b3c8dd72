"""What may cross between the judge and a student's process: plain data in JSON frames.

Nothing that arrives is ever executed: no pickle, and no object that is not listed in `encode`.
"""

from __future__ import annotations

import base64
import json
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

MAX_BYTES = 64 * 2**20
KINDS = "biufcU"  # numpy's letters for booleans, numbers and text


class Unsendable(TypeError):
    """A value that may not cross."""


class Silence(Exception):
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
        state = value.bit_generator.state
        if state["bit_generator"] == "PCG64":
            return {"generator": state}
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
        case {"dict": list(items)}:
            return {decode(key): decode(item) for key, item in items}
        case {"generator": dict(state)}:
            generator = np.random.Generator(np.random.PCG64())
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
        raise Silence(str(error)) from error


def receive(connection: Connection, seconds: float | None = None) -> dict[str, Any]:
    """The next frame; Silence if none comes within `seconds`, or none that can be read."""
    try:
        if not connection.poll(seconds):
            raise Silence("late")
        message = json.loads(connection.recv_bytes(MAX_BYTES))
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise Silence(str(error)) from error
    if not isinstance(message, dict):
        raise Silence("not a message")
    return message
