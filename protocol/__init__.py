"""What crosses a process boundary: names, shapes and rules; pure data, no I/O.

`PROTOCOL.md` beside this file is the contract in words.
"""

PROTOCOL_VERSION = 1
