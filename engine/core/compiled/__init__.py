"""The compiled core: C structs and functions in `.pxd` files, one translation unit, `matcher.pyx`.

In: commands. Out: event records. `state.pxd` has its memory, `matcher.pxd` its Python classes. It
imports nothing but C; `matcher.pyx` also the codes and the saved form from `engine.core`.
"""
