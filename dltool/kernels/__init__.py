"""The arithmetic: `reference` is the contract in NumPy, `cpu` the fast form, `records` what both are given.

`compiler` makes machine code of the fast form.
"""
