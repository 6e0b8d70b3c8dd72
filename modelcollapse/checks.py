"""The visible checks under an exercise: they say in words what is wrong, and never raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Wrong(Exception):
    """Ends a check at the first thing that is wrong."""


@contextmanager
def check(exercise: str) -> Iterator[Callable[[object, str], None]]:
    """Check an answer step by step and print what to try next.

    Use it as ``with check("Exercise 2.1") as tell:`` and inside
    ``tell(condition, "what is wrong if the condition is false, and what to try")``.
    The first false condition, or any error that the answer raises, ends the check; both are
    printed, and nothing is raised, so that a notebook with open exercises runs to its end.

    Parameters
    ----------
    exercise : str
        The exercise's name, as its heading has it.
    """
    passed = 0

    def tell(condition: object, hint: str) -> None:
        nonlocal passed
        if not bool(condition):
            raise _Wrong(hint)
        passed += 1

    try:
        yield tell
    except _Wrong as wrong:
        print(f"{exercise}: not yet. {wrong}")
    except Exception as error:  # the answer's own error, whatever it is
        if "NoneType" in str(error) or "ellipsis" in str(error):
            print(f"{exercise}: not answered yet, or your function returns nothing.")
        else:
            print(f"{exercise}: your code stopped with {type(error).__name__}: {error}")
    else:
        print(
            f"{exercise}: right, as far as {passed} checks can tell."
            if passed
            else f"{exercise}: nothing was checked."
        )
