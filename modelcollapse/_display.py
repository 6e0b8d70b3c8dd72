"""How the labs' results reach the page: a display that carries its own record."""

from __future__ import annotations

import os
from typing import Any

#: Set while the book executes its labs: figures that need a running kernel are shown as pictures.
BUILDING = "COPIES_OF_COPIES_BUILD"


def building() -> bool:
    """Whether the book is executing the lab, so that nobody is there to move a slider."""
    return bool(os.environ.get(BUILDING))


MIME = {
    "html": "text/html",
    "svg": "image/svg+xml",
    "widget": "application/vnd.jupyter.widget-view+json",
}


def emit(record: dict[str, Any], *, text: str, **formats: Any) -> None:
    """Show `formats`, by the names of `MIME`, with `text` as the plain form; attach `record`.

    The record lies under ``modelcollapse`` in the metadata of the output. Outside IPython,
    the plain text is printed.
    """
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        print(text)
        return
    if get_ipython() is None:
        print(text)
        return
    bundle = {"text/plain": text} | {MIME[key]: value for key, value in formats.items()}
    display(bundle, raw=True, metadata={"modelcollapse": record})
