"""The `parley` command: reads its words and says how it ended; the work is in services.local."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

from services.local import logs, operations
from services.local import status as stack_status
from services.local.errors import LocalError
from services.local.settings import DIRECTORY, LocalSettings, SettingsError, inherited
from services.local.supervisor import say, up

NOT_RUNNING = 3
_SETTINGS = "nothing was started; docs/reference/configuration.md tells of every setting"
_CAPACITY = (
    ("users", int, "registered"),
    ("rooms", int, "in all"),
    ("online", float, "share of the users at the busiest time; default 0.3"),
    ("devices", float, "sockets of each; default 1.3"),
    ("rooms-each", int, "that each person is in; default 10"),
    ("messages-per-hour", float, "of each who is online, on average; default 6"),
    ("peak", float, "how much more at the busiest time; default 3"),
    ("hours", float, "of a day in which people talk; default 10"),
    ("sockets-per-gateway", int, "PARLEY_MAX_CONNECTIONS; default 9000"),
    ("log-per-second", float, "messages that the log's disk takes; default 1000"),
)
"""What `parley capacity` is told; the defaults are those of `verify.capacity.Load`."""


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(prog="parley", description="Parley on this machine.")
    top.add_argument("--version", action="version", version=f"parley {version('parley')}")
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--data", default=DIRECTORY, metavar="DIR", help=f"data directory (default {DIRECTORY})"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up_parser = commands.add_parser(
        "up", parents=[data], help="start everything, and stay in the foreground"
    )
    up_parser.add_argument(
        "--port", type=int, help="default PARLEY_HTTP_PORT, else 8080, with TLS 8443"
    )
    up_parser.add_argument(
        "--tls",
        action="store_true",
        help="serve HTTPS with a certificate authority of this data directory; also PARLEY_TLS=1",
    )
    up_parser.add_argument("--gateways", type=int, default=2, metavar="N", help="default 2")
    commands.add_parser("down", parents=[data], help="drain and stop everything")
    status_parser = commands.add_parser(
        "status",
        parents=[data],
        help=f"list the processes; exit code {NOT_RUNNING} when nothing runs",
    )
    status_parser.add_argument("--json", action="store_true", help="for other programs")
    logs_parser = commands.add_parser("logs", parents=[data], help="show what the processes said")
    logs_parser.add_argument("name", nargs="?", metavar="NAME", help="one process, else all")
    logs_parser.add_argument("-f", "--follow", action="store_true", help="go on")
    check_parser = commands.add_parser(
        "check",
        parents=[data],
        help="say whether settings are right and every part is reached: of the environment, else "
        "of what runs in the data directory",
    )
    check_parser.add_argument(
        "services", nargs="*", metavar="SERVICE", help="whose; default all of them"
    )
    _add_tried(commands)
    for name, text in (
        ("dead-letters", "look at what history could not understand; replay or drop it"),
        ("discard-log", "remove a log that is an old copy"),
        ("admin", "accounts, invitations, bots and keys; `parley admin --help` lists the words"),
    ):
        # Its words are read, and its help is given, by who does it.
        commands.add_parser(name, parents=[data], add_help=False, help=text)
    return top


def _add_tried(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe what needs no data directory: it asks from outside, or reckons."""
    verify_parser = commands.add_parser(
        "verify", help="try the promise from outside; exit code 1 when it is broken"
    )
    verify_parser.add_argument("url", metavar="URL", help="such as https://chat.example.org")
    verify_parser.add_argument("--messages", type=int, default=100, metavar="N", help="default 100")
    verify_parser.add_argument(
        "--cuts", type=int, default=6, metavar="N", help="connections cut meanwhile; default 6"
    )
    capacity_parser = commands.add_parser(
        "capacity", help="reckon what so many people need; see docs/reference/capacity.md"
    )
    for word, kind, text in _CAPACITY:
        capacity_parser.add_argument(
            f"--{word}", type=kind, required=word in ("users", "rooms"), metavar="N", help=text
        )


def run(arguments: argparse.Namespace, rest: Sequence[str] = ()) -> int:
    """Do what was asked for, and give the exit code; `rest` is what another program reads.

    Raises:
        LocalError: it can't be done.
        SettingsError: a choice is not allowed.
    """
    if arguments.command == "verify":
        # By its name: the chassis knows no service, and a machine may lack what this one needs.
        command = importlib.import_module("verify.command")
        return int(command.run(arguments.url, arguments.messages, arguments.cuts))
    if arguments.command == "capacity":
        return _capacity(arguments)
    data = Path(arguments.data).absolute()
    if arguments.command == "check":
        return _check(arguments.services, data)
    if arguments.command == "up":
        up(
            LocalSettings.read(
                arguments.data,
                port=arguments.port,
                gateways=arguments.gateways,
                tls=arguments.tls,
            )
        )
    elif arguments.command == "down":
        names = stack_status.down(data)
        say(f"Stopped: {', '.join(names)}." if names else "Nothing runs.")
    elif arguments.command == "status":
        return _status(data, as_json=arguments.json)
    elif arguments.command in operations.MODULES:
        operations.become(arguments.command, rest, data)
    else:
        for line in logs.read(data, arguments.name, follow=arguments.follow):
            say(line)
    return 0


def _check(services: Sequence[str], data: Path) -> int:
    check = importlib.import_module("services.check")
    for name in services:
        if name not in check.SERVICES:
            raise LocalError(f"{name} is no service: {', '.join(check.SERVICES)}")
    found = operations.found_in(data, inherited())
    monitor = operations.nats_monitor(data, inherited())
    return int(check.run(services or check.SERVICES, found, monitor))


def _capacity(arguments: argparse.Namespace) -> int:
    names = [word.replace("-", "_") for word, _, _ in _CAPACITY]
    chosen = {name: found for name in names if (found := getattr(arguments, name)) is not None}
    if any(not found > 0 for found in chosen.values()):
        raise LocalError("every figure has to be above 0")
    capacity = importlib.import_module("verify.capacity")
    try:
        say(capacity.text(capacity.Load(**chosen)))
    except (ValueError, OverflowError) as error:
        raise LocalError(str(error)) from error
    return 0


def _status(data: Path, *, as_json: bool) -> int:
    found = stack_status.status(data)
    if as_json:
        say(msgspec.json.encode(found).decode())
    else:
        say("Nothing runs." if found.url is None else stack_status.table(found))
    return NOT_RUNNING if found.url is None else 0


def main() -> None:
    """Run the command, and exit: 0 done, 1 can't be done, 2 not understood, 3 nothing runs."""
    arguments, rest = parser().parse_known_args()
    if rest and arguments.command not in operations.MODULES:
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        code = run(arguments, rest)
    except LocalError as error:
        sys.stderr.write(f"parley: {error}\n")
        code = 1
    except SettingsError as error:
        sys.stderr.writelines(f"parley: {problem}\n" for problem in error.problems)
        if any(problem.startswith("PARLEY_") for problem in error.problems):
            sys.stderr.write(f"parley: {_SETTINGS}\n")
        code = 2
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; nothing is left to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
