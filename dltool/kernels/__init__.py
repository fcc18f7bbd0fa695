"""The arithmetic: `reference` is the contract in NumPy, `cpu` the fast form in Numba, `records` what both are given."""
