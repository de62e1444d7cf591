"""How much of a request is read, and how long it is waited for."""

MAX_TARGET_BYTES = 8_000
"""Path and query. With `GET` and the version it fits a line that a WebSocket handshake may have."""
MAX_FIELD_BYTES = 8_000
"""Name and value of one header."""
MAX_HEAD_BYTES = 16 * 1024
"""All headers; also what chunks and trailers may cost beside the body itself."""
MAX_FIELDS = 100
MAX_UNREAD_BODY_BYTES = 16 * 1024 * 1024
"""What is read and thrown away of a body whose request has its answer already."""
MAX_LINGERING_BYTES = 1024 * 1024
"""What is read and thrown away behind a refusal, so that the client gets to see it."""

SECONDS_FOR_A_HEAD = 10.0
"""From the first byte of a request to the end of its headers."""
SECONDS_FOR_A_BODY = 30.0
"""From the end of the headers to the end of the body."""
SECONDS_TO_READ_AN_ANSWER = 30.0
"""How long a client may leave what it asked for unread."""
SECONDS_OF_SILENCE = 120.0
"""Between two requests. Clients keep a connection for 90 seconds at most, and close it first."""
SECONDS_TO_LINGER = 2.0
"""From a refusal to the end of the connection."""
