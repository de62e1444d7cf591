"""The launcher with services that do nothing: `python -m tests.support.stand_in_system`.

`STAND_IN_ENGINE` and `STAND_IN_MARKET_DATA` are options for the two, `STAND_IN_STOP_SECONDS` is
how long each of all may take to stop.
"""

import os
import sys
from collections.abc import Callable

from launcher.redis.access import RedisAddresses
from launcher.services import Listeners, make_services
from launcher.settings import LauncherSettings, read_settings
from launcher.setup.errors import LaunchError
from launcher.start import start_system
from launcher.supervision.service import Service
from tests.support.stand_in_service import __name__ as stand_in


def make_stand_ins(
    settings: LauncherSettings, redis: RedisAddresses, listeners: Listeners
) -> list[Service]:
    """Make services with the real ones' names, sockets and stages, and another program."""
    return [
        Service(
            name=service.name,
            command=(sys.executable, "-m", stand_in, *_options(service)),
            stage=service.stage,
            environment=service.environment,
            descriptors=service.descriptors,
            health=service.health,
            find_arguments=_leave_out_arguments(service),
            is_optional=service.is_optional,
            stop_seconds=float(os.environ.get("STAND_IN_STOP_SECONDS", service.stop_seconds)),
        )
        for service in make_services(settings, redis, listeners)
    ]


def _leave_out_arguments(service: Service) -> Callable[[], tuple[str, ...] | None]:
    """Run the stand-in when the service would run, with the options of the stand-in alone."""
    return lambda: None if service.find_arguments() is None else ()


def _options(service: Service) -> tuple[str, ...]:
    name = f"STAND_IN_{service.name.upper().replace('-', '_')}"
    options = os.environ.get(name, "").split()
    if service.descriptors:
        return ("--fd", str(service.descriptors[0]), *options)
    return tuple(options)


if __name__ == "__main__":
    try:
        sys.exit(start_system(read_settings(), make_stand_ins))
    except LaunchError as error:
        sys.exit(f"goquant: {error}")
