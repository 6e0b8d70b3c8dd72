"""Refit a model to its own samples, generation after generation, and measure what is lost.

`loop.run` is the recursion; `models`, `regimes` plug into it; `theory`, `laws` and `metrics`
stand beside it; `data` brings real data; `claims`, `checks` and `plots` serve the labs.
Import from these modules: each lab is then tied to those it uses, and to no others.
"""

__version__ = "0.1.0"
