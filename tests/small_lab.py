"""A lab with an exercise in code, one in text, and another in code, and how to change it."""

from __future__ import annotations

import textwrap

import nbformat
from nbformat import NotebookNode


def cell(source: str, tag: str | None = None, kind: str = "code", id: str = "") -> NotebookNode:
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    made = new(textwrap.dedent(source).strip("\n"), id=id)
    if tag:
        made.metadata["tags"] = [tag]
    return made


def small_lab() -> NotebookNode:
    """A lab with an exercise in code, one in text, and another in code."""
    cells = [
        cell("# Lab 2: A small lab\n\nSee [the chapter](../book/02_x.md).", None, "md", "title"),
        cell(
            """
            import altair as alt
            import matplotlib.pyplot as plt
            import numpy as np
            from scipy.special import gamma
            from scipy.stats import norm

            from modelcollapse import plots, theory
            from modelcollapse.checks import check
            from modelcollapse.claims import claim, report

            plots.use_style()
            """,
            id="imports",
        ),
        cell(
            """
            from math import prod

            values = [1.0]
            while len(values) < 5:
                values.append(values[-1] / 2)
            values = np.array(values)


            def twice(x):
                return prod([2, x])
            """,
            "needed",
            id="build",
        ),
        cell('n = 100\nprint(twice(n))\nreport("last", values[-1], "last value")', id="show"),
        cell("fig, ax = plt.subplots()\nplots.show(fig, 'f', 'A figure.')", id="figure"),
        cell("offset = twice(3)", "needed", id="offset"),
        cell("## Exercises", None, "md", "exercises"),
        cell(
            """
            ### Exercise 2.1 · Halves

            *Difficulty 1 of 3 · about 5 minutes · 3 points*

            Write `half(n)`, after [the text](../book/02_x.md), and look at `values`.
            """,
            "exercise",
            "md",
            "ex1",
        ),
        cell(
            """
            def half(n):
                # BEGIN SOLUTION
                canary_in_code = twice(n) / 4
                return canary_in_code
                # END SOLUTION


            print(half(4))
            """,
            "answer",
            id="ex1-answer",
        ),
        cell(
            """
            with check("Exercise 2.1") as tell:
                tell(half(6) == 3, "Divide by two.")
            """,
            "check",
            id="ex1-check",
        ),
        cell(
            """
            ### Exercise 2.2 · Why?

            *Difficulty 2 of 3 · about 5 minutes · 2 points · written*

            Why?
            """,
            "exercise",
            "md",
            "ex2",
        ),
        cell(
            "<!-- BEGIN SOLUTION -->\nThe canary in the written answer.\n<!-- END SOLUTION -->",
            "answer",
            "md",
            "ex2-answer",
        ),
        cell("**Rubric**\n\n- 2 points: the canary in the rubric.", "rubric", "md", "ex2-rubric"),
        cell(
            """
            ### Exercise 2.3 · Moved

            *Difficulty 2 of 3 · about 5 minutes · 1 point*

            Write `moved(x)`, and set `best`.
            """,
            "exercise",
            "md",
            "ex3",
        ),
        cell(
            """
            best = None
            # BEGIN SOLUTION
            best = "the best canary"
            # END SOLUTION


            def moved(x):
                # BEGIN SOLUTION
                return x + offset
                # END SOLUTION
            """,
            "answer",
            id="ex3-answer",
        ),
        cell(
            """
            with check("Exercise 2.3") as tell:
                tell(moved(1) == 7, "Add the offset.")
                tell(best is not None, "Set best.")
            """,
            "check",
            id="ex3-check",
        ),
        cell("## What you saw", None, "md", "saw"),
        cell("report('offset', offset, 'the offset')", id="saw-numbers"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    lab = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return nbformat.from_dict(lab)


def change(lab: NotebookNode, id: str, old: str, new: str) -> NotebookNode:
    (found,) = (cell for cell in lab.cells if cell.id == id)
    assert old in found.source
    found.source = found.source.replace(old, new)
    return lab


def by_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {cell.id: cell for cell in notebook.cells}
