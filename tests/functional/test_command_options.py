"""The options of Zappa's commands: the table against Zappa's own parser, and what becomes of them on our command line."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.newcomer import SETTINGS, iam
from tests.support.zappa_flags import flags, subparsers, zappa_parser
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.command_options import OPTIONS, PROGRAM_OPTIONS, Option
from zappa_iam_ext.permissions.commands import COMMANDS, LOCAL_COMMANDS, parse_command
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS
from zappa_iam_ext.settings_file import command_from_cli

EVERY_VERSION = ["", *ZAPPA_VERSIONS]


def told(options: tuple[Option, ...]) -> dict[tuple[str, ...], bool]:
    return {option.names: option.valued for option in options}


@pytest.mark.parametrize("zappa", EVERY_VERSION, ids=lambda name: name or "installed")
def test_every_option_of_zappas_parser_is_in_the_table(zappa):
    parser = zappa_parser(zappa)
    commands = subparsers(parser)
    assert set(commands) <= {*COMMANDS, *LOCAL_COMMANDS}
    assert flags(parser).items() <= told(PROGRAM_OPTIONS).items()
    for command in COMMANDS:
        assert flags(commands[command]).items() <= told(OPTIONS[command]).items(), command


def test_every_option_of_the_table_is_some_versions():
    parsers = [subparsers(zappa_parser(zappa)) for zappa in EVERY_VERSION]
    for command in COMMANDS:
        known = {names for commands in parsers for names in flags(commands[command])}
        assert set(told(OPTIONS[command])) == known, command


EVERY_FLAG = [
    pytest.param(command, name, option, id=f"{command} {name}")
    for command, options in OPTIONS.items()
    for option in options
    for name in option.names
    if option.name != "--help"
]


@pytest.mark.parametrize(("command", "name", "option"), EVERY_FLAG)
def test_what_zappa_takes_is_taken_and_means_the_same(command, name, option):
    """Zappa's own parser is the judge of what each option is worth, in each way to write it."""
    value = "3" if option.valued else ""
    rest = ["run"] if command in {"invoke", "manage"} else []
    ways = [[name, value]] if value else [[name]]
    if value:
        ways += [[f"{name}={value}"]] if name.startswith("--") else [[f"{name}{value}"]]
    for way in ways:
        judged = vars(zappa_parser().parse_args([command, *way, *rest]))
        parsed = parse_command(" ".join([command, *way, *rest]))
        dest = option.name.removeprefix("--").replace("-", "_")
        assert judged[dest] in {True, "3", 3}
        if option.name.removeprefix("--") in parsed.flags:
            assert parsed.values.get(option.name.removeprefix("--"), True) in {
                str(judged[dest]),
                judged[dest],
            }
        else:
            assert parsed == parse_command(command)


@pytest.mark.parametrize(
    ("line", "flags_", "values"),
    [
        pytest.param("deploy --zip s3://b/k", {"zip"}, {"zip": "s3://b/k"}, id="a value after a blank"),
        pytest.param("deploy --zip=s3://b/k", {"zip"}, {"zip": "s3://b/k"}, id="a value after an equals sign"),
        pytest.param("deploy -zs3://b/k", {"zip"}, {"zip": "s3://b/k"}, id="a value right behind a short name"),
        pytest.param("deploy dev -z 'a b.zip'", {"zip"}, {"zip": "a b.zip"}, id="a quoted value"),
        pytest.param("zappa deploy dev", set(), {}, id="zappa before and the stage behind"),
        pytest.param("zappa --color never deploy", set(), {}, id="options of zappa itself"),
        pytest.param("update -n yes", {"no-upload"}, {"no-upload": "yes"}, id="-n of update is --no-upload"),
        pytest.param("rollback -n 2", set(), {}, id="-n of rollback is a number"),
        pytest.param("update --no-upload", {"no-upload"}, {"no-upload": "yes"}, id="--no-upload without a value"),
        pytest.param("update --no-upload ''", set(), {}, id="an empty value is no to Zappa"),
        pytest.param("undeploy -yq --remove-logs", {"remove-logs"}, {}, id="short names together"),
        pytest.param("undeploy -- dev", set(), {}, id="two dashes end the options"),
        pytest.param("invoke dev 'print(1)' --raw", set(), {}, id="what invoke runs"),
        pytest.param("manage dev 'shell --version'", set(), {}, id="what manage runs, in quotes"),
        pytest.param("certify --manual --yes", {"manual"}, {}, id="an option that changes calls and one that does not"),
        pytest.param("undeploy --all", set(), {}, id="all stages"),
    ],
)  # fmt: skip
def test_a_command_line(line, flags_, values):
    parsed = parse_command(line)
    assert (set(parsed.flags), dict(parsed.values)) == (flags_, values)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("undeploy --remove-log", "did you mean --remove-logs?", id="a letter short"),
        pytest.param("undeploy --remove-lgos", "did you mean --remove-logs?", id="two letters exchanged"),
        pytest.param("deploy --remove-logs", "it is one of undeploy", id="another command's"),
        pytest.param("deploy --zap x", "did you mean --zip?", id="misspelt, with a value"),
        pytest.param("deploy --zap=x", "did you mean --zip?", id="misspelt, with an equals sign"),
        pytest.param("undeploy -x", "has no option -x", id="a short name that is none"),
        pytest.param("deploy --zip", "expected one argument", id="a value is missing"),
        pytest.param("undeploy --remove-logs=yes", "ignored explicit argument", id="a value that is not asked for"),
        pytest.param("rollback -n two", "not a number of versions", id="a number that is none"),
        pytest.param("deploy dev prod", "takes no 'prod'", id="a word too many"),
        pytest.param("undeploy -- dev --remove-logs", "takes no '--remove-logs'", id="no option behind two dashes"),
        pytest.param("deploy --help", "asks nothing of AWS", id="help only"),
        pytest.param("deplyo", "did you mean deploy?", id="a misspelt command"),
        pytest.param("package", "it asks nothing of AWS", id="a local command"),
        pytest.param("", "an empty command", id="nothing"),
        pytest.param("deploy '", "No closing quotation", id="an open quotation"),
    ],
)  # fmt: skip
def test_what_zappa_does_not_take_is_refused(line, said):
    with pytest.raises(SettingsError, match=r".") as caught:
        parse_command(line)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "command",
    ["check", "policy", "plan", "apply", "diff", "rehearse"],
)
@pytest.mark.usefixtures("clean")
def test_each_of_our_commands_refuses_it_with_exit_2(command):
    Path("zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    more = ["--from-zappa", "0.62.0"] if command == "diff" else []
    done = iam(command, "dev", "--command", "undeploy --remove-log", *more)
    assert done.exit_code == 2
    assert "did you mean --remove-logs?" in done.stderr
    assert done.stdout == ""


RUNNING = [
    "deploy", "deploy dev --docker-image-uri 1.dkr.ecr.us-east-1.amazonaws.com/a:b", "deploy dev -z s3://b/k",
    "update dev --zip s3://b/k", "update dev -n yes", "update dev --no-upload yes", "update dev -d image:1",
    "undeploy dev --remove-logs -y", "undeploy dev --yes", "certify dev --manual", "certify dev -y",
    "tail dev --since 5m --http --disable-keep-open", "invoke dev run --qualifier 3 --raw", "rollback dev -n 2",
    "schedule dev", "unschedule --all", "status dev --json", "manage dev check",
]  # fmt: skip


@pytest.mark.parametrize("line", RUNNING)
def test_the_flags_of_a_running_zappa_are_those_of_its_command_line(line):
    """Zappa's own parser reads the line; what the gate makes of that is what `--command` means by the same line."""
    given = vars(zappa_parser().parse_args(line.split()))
    running = command_from_cli(SimpleNamespace(command=given["command"], vargs=given))
    asked = parse_command(line)
    assert running == asked


def test_a_shortened_name_that_python_completes_reaches_the_gate_in_full():
    given = vars(zappa_parser().parse_args(["undeploy", "dev", "--remove-lo"]))
    running = command_from_cli(SimpleNamespace(command="undeploy", vargs=given))
    assert running == parse_command("undeploy --remove-logs")
