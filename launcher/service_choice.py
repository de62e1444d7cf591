"""Which services a machine runs, where an exchange is on several."""

import difflib

SERVICES = ("engine", "archive", "gateway", "market-data", "binance")


def check_services(text: str) -> str:
    """Return the text of names with commas between; raise ValueError that names the nearest."""
    names = split_services(text)
    for name in names:
        if name not in SERVICES:
            near = difflib.get_close_matches(name.replace("_", "-"), SERVICES, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{name!r} is no service, there are {', '.join(SERVICES)}{hint}")
    if not names:
        raise ValueError(f"name one at least of {', '.join(SERVICES)}")
    return text


def split_services(text: str) -> list[str]:
    """Return the names."""
    return [name.strip() for name in text.split(",") if name.strip()]
