"""A coverage-guided fuzzer of the order path: a command beside the suite, no part of it."""
