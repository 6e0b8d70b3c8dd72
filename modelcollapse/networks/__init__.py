"""Character-level networks: a table of bigrams, an MLP, a GRU and a small transformer.

A module for each; `training` has what they share. (An autoencoder of pictures stands apart in
`vae`.) All honour one interface: ``fit(data, rng)``, ``sample(n, rng)`` and
``log_probability(data)``, with text as whole numbers in an array (replicates, n, length). A row is
one sequence; the networks know nothing across rows, and the first character of a row is predicted
from a start symbol.

The replicates are trained side by side: every weight has a leading axis of replicates, and one
matrix product serves them all. Each replicate has its own seed, so that it becomes the same network
whether it is trained alone or in company, up to rounding. Everything is computed in float32; on one
thread, ``torch.set_num_threads(1)``, the same machine gives the same text twice.

Shapes stand beside the lines: R replicates, N rows, L places in a row, V symbols that can come, S
symbols that can stand before (V and the start symbol), W places of a window, E numbers that stand
for a symbol, H units.
"""
