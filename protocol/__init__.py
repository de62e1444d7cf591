"""What crosses a process boundary: names, shapes and rules; no network.

Of files, `settings`, `run_file` and `documentation` alone read any.

`PROTOCOL.md` beside this file is the contract in words.
"""

PROTOCOL_VERSION = 1
