"""The sub-command `reset`: delete everything that the exchange keeps."""

import signal

from launcher.data_folder import DataFolder
from launcher.question import confirm
from launcher.settings import LauncherSettings, hide_password
from launcher.setup.errors import LaunchError
from launcher.supervision.run_file import end_leftovers, find_running_system

_STOP_SECONDS = 240.0


def reset_system(settings: LauncherSettings, *, yes: bool) -> int:
    """Ask, stop the system and delete its data folder; return 0 if the folder is gone."""
    folder = DataFolder(settings.data_dir)
    if not folder.path.exists():
        print(f"Nothing to delete: {folder.path} does not exist.")
        return 0
    if not folder.is_ours:
        raise LaunchError(f"{folder.path} is not a data folder of ours; nothing was deleted")
    content = ", ".join(sorted(path.name for path in folder.path.iterdir()))
    print(f"{folder.path} holds: {content}")
    if not confirm("Stop the system and delete this folder, with all orders and trades?", yes=yes):
        return 1
    stop_running_system(folder)
    with folder.hold():
        end_leftovers(folder.path)
        folder.wipe()
    print(f"Deleted {folder.path}.")
    _mention_named_redis(settings)
    return 0


def stop_running_system(folder: DataFolder) -> None:
    """Stop the system that runs on `folder`, if one does; raise LaunchError if it does not stop."""
    record = find_running_system(folder.path)
    if record is None:
        return
    print(f"Stopping the system, pid {record.launcher.pid} ...")
    record.launcher.send(signal.SIGTERM)
    if not record.launcher.wait(_STOP_SECONDS):
        raise LaunchError(f"the system, pid {record.launcher.pid}, does not stop; nothing deleted")


def _mention_named_redis(settings: LauncherSettings) -> None:
    if settings.named_redis_url:
        print(
            f"The Redis that you named, {hide_password(settings.named_redis_url)}, was left as "
            "it is. What the exchange keeps there: order_queue and {order_queue}:*"
        )
