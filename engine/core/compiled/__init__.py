"""The compiled core: C structs and functions in `.pxd` files, one translation unit, `matcher.pyx`.

`matcher.pxd` and `state.pxd` are its table of contents. Commands in, event rows out; it imports
nothing but C.
"""
