"""The few names that a hidden test may use.

The source of this file is put into the test files of a marking bundle, so it imports nothing of
the course.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class NotYet(AssertionError):
    """Ends a hidden test; its words are for the student."""


def tell(condition: object, words: str) -> None:
    """End the test with these words if the condition is false."""
    if not condition:
        raise NotYet(words)


class Answers:
    """What a student's notebook defines, as attributes.

    A variable comes as its value. A function comes wrapped: if it raises or returns nothing, the
    test ends with words that say so. An error that carries its own text for the student in an
    attribute ``words`` is told by that text.

    Parameters
    ----------
    env : mapping
        The notebook's names and values.
    """

    def __init__(self, env: Mapping[str, Any]) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        missing = object()
        try:
            value = self._env.get(name, missing)
        except Exception as error:
            raise NotYet(_told(error, f"{name} cannot be read:")) from None
        tell(value is not missing, f"{name} is not defined. Was it renamed, or did its cell stop?")
        tell(value is not None and value is not ..., f"{name} is not answered yet.")
        return _wrapped(name, value) if callable(value) else value


def _told(error: BaseException, what: str) -> str:
    return getattr(error, "words", f"{what} {type(error).__name__}: {error}")


def _wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            result = function(*args, **kwargs)
        except (Exception, SystemExit) as error:
            raise NotYet(_told(error, f"{name} stopped with")) from None
        tell(result is not None and result is not ..., f"{name} returns nothing.")
        return result

    return call


def draw(secret: str, test: str) -> np.random.Generator:
    """The generator of one test: its inputs depend on the release's secret and the test's name."""
    digest = hashlib.sha256(f"{secret}/{test}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def number(value: Any) -> float | None:
    """A single finite number as a float; None if it is anything else."""
    found = numbers(value)
    if found is None or found.size != 1 or not np.isfinite(found).all():
        return None
    return float(found.item())


def numbers(value: Any, shape: tuple[int, ...] | None = None) -> np.ndarray | None:
    """Real numbers as an array of floats; None if they are anything else, or of another shape."""
    try:
        found = np.asarray(value)
    except ValueError:
        return None
    if found.dtype.kind not in "iuf" or shape is not None and found.shape != shape:
        return None
    return found.astype(float)


def generator(draw: np.random.Generator) -> np.random.Generator:
    """A generator for one call of an answer."""
    return np.random.default_rng(int(draw.integers(2**62)))


def items(value: Any) -> list[Any] | None:
    """The items of a list, a tuple or a row of an array; None if it is anything else."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return value.tolist()
    return list(value) if isinstance(value, list | tuple) else None


def near(found: Any, right: Any, rtol: float = 1e-5, atol: float = 1e-7) -> Any:
    """Where numbers agree, as closely as single precision holds them."""
    return np.abs(found - right) <= atol + rtol * np.abs(right)


def apart(found: float, right: float, digits: int = 4) -> tuple[str, str]:
    """Two unequal numbers for a sentence, with as many digits as it takes to tell them apart."""
    said = (f"{found:.{digits}g}", f"{right:.{digits}g}")
    return said if said[0] != said[1] or digits > 17 else apart(found, right, digits + 1)


def seeded(
    call: Callable[[np.random.Generator], Any], shape: tuple[int, ...], draw: np.random.Generator
) -> tuple[Any, Any]:
    """What an answer makes of two seeds, once it is seen to draw from its generator alone.

    A generator crosses to the answer as a copy, so that nobody here sees whether it has moved.
    """
    first, second = map(int, draw.choice(2**40, 2, replace=False))
    one, again, other = (
        numbers(call(np.random.default_rng(seed)), shape) for seed in (first, first, second)
    )
    if one is None or again is None or other is None:
        raise NotYet(f"An answer for another generator is not of the shape {shape}.")
    hint = "Draw everything from rng, and from no other generator."
    tell(np.array_equal(one, again), f"The same seed gives two different results. {hint}")
    tell(not np.array_equal(one, other), f"Two different seeds give the same result. {hint}")
    return one, other
