"""Closed forms for the recursion, a module for each family, each with its source and validity.

``t`` counts fits, may be an array, and starts at 1, the fit to real data; ``t = 0`` is the truth.
"Replace" is the regime in which each generation trains on n samples of the last.
"""
