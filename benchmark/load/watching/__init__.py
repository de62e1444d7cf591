"""Watch a load while it runs: its own ledger, the streams, the engine's figures, the processes.

In: answers, messages and clocks. Out: when each step was accepted, taken and seen. Imports neither
`load.sending` nor `load.reporting`.
"""
