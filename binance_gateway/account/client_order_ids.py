"""Names of orders whose owner gave none."""

import secrets
import string

_LENGTH = 22
_CHARACTERS = (string.ascii_letters + string.digits).encode()
_TO_CHARACTERS = bytes(_CHARACTERS[byte % len(_CHARACTERS)] for byte in range(256))


def make_client_order_id() -> str:
    """Return 22 random letters and digits.

    They do not begin with an O: a client takes such names for its own.
    """
    name = secrets.token_bytes(_LENGTH).translate(_TO_CHARACTERS).decode()
    return "x" + name[1:] if name[0] == "O" else name
