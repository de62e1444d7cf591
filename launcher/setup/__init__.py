"""Make the environment that everything else runs in: Python, packages, the compiled core.

In: a bare Python and a clone. Out: a process in `.venv` with the packages, and the compiled modules
in place. It runs before anything is installed, so it may import the standard library alone;
`setup.py` imports it too. Whatever interrupts it, the next run finishes it.
"""
