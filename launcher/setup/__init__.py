"""Make the environment that everything else runs in: Python, packages, the compiled core.

In: a bare Python and a clone. Out: a process in `.venv` with the project installed. It runs before
anything is installed, so it may import the standard library alone.
"""
