"""The launcher outlives whoever reads its output."""

import os

from launcher.supervision.terminal import print_if_open


def test_a_line_reaches_who_reads() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream, os.fdopen(reader) as lines:
        print_if_open("ready", stream)
        assert lines.readline() == "ready\n"


def test_a_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        print_if_open("ready", stream)
        print_if_open("again", stream)
