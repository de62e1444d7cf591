import pytest

from launcher.setup.command_line import parse_arguments


def test_without_a_command_it_starts() -> None:
    assert parse_arguments([]).command == "start"


@pytest.mark.parametrize("command", [[], ["start"]])
def test_options_of_a_start_stand_on_either_side_of_it(command: list[str]) -> None:
    options = ["--json", "--standby", "--market", "demo"]
    for arguments in ([*options, *command], [*command, *options]):
        parsed = parse_arguments(arguments)
        assert (parsed.json, parsed.standby, parsed.market) == (True, True, "demo")
    parsed = parse_arguments(command)
    assert (parsed.json, parsed.standby, parsed.market) == (False, False, None)


@pytest.mark.parametrize("action", ["status", "stop", "restart", "logs", "clear", "dead"])
def test_redis_has_its_actions(action: str) -> None:
    arguments = parse_arguments(["redis", action])
    assert (arguments.command, arguments.action) == ("redis", action)


@pytest.mark.parametrize("command", [["reset"], ["redis", "clear"]])
def test_what_deletes_asks_unless_told_not_to(command: list[str]) -> None:
    assert not parse_arguments(command).yes
    assert parse_arguments([*command, "--yes"]).yes


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["launch"])
    assert "invalid choice" in capsys.readouterr().err


def test_who_wants_to_stop_is_told_how(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["stop"])
    error = capsys.readouterr().err
    assert "invalid choice: 'stop'" in error
    assert "Ctrl-C in the launcher's terminal" in error
    assert "`redis stop`" in error
