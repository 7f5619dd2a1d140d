"""`parley admin`: the words of the command line and what they print; `admin` does the work.

Run as `python -m auth.command`. It talks to Postgres alone, with the settings of auth, so it works
where nobody is an admin yet: that is how the first one is made. A running auth tells the others
what was revoked.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import msgspec

from auth.admin import Admin
from auth.app import NAME, SCHEMA, read_commonest
from auth.bots import Bots
from auth.bots_postgres import Bots as StoredBots
from auth.keys_postgres import Keys
from auth.metrics import AuthMetrics
from auth.password_argon2 import Passwords
from auth.ring import Ring
from auth.settings import AuthSettings
from proto import identity
from services import logs_structlog
from services.pool_postgres import Pool
from services.problem import Problem
from services.settings import Env, SettingsError

T = TypeVar("T")
_START_SECONDS: Final = 5.0


class Tools:
    """What the words are carried out with."""

    def __init__(self, settings: AuthSettings) -> None:
        self.pool = Pool(
            settings.postgres_url, SCHEMA, service=NAME, max_size=1, start_seconds=_START_SECONDS
        )
        url, metrics = settings.base.public_url, AuthMetrics()
        self.passwords = Passwords(metrics, settings.password_cost)
        self.admin = Admin(self.pool, self.passwords, None, read_commonest(), url)
        self.ring = Ring(Keys(self.pool), url)
        self.bots = Bots(StoredBots(self.pool), self.ring, None, None, metrics)


Deed = Callable[[Tools, argparse.Namespace], Awaitable[object]]


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(
        prog="parley admin", description="Accounts, invitations and bots of this installation."
    )
    words = top.add_subparsers(dest="word", required=True, metavar="COMMAND")

    def add(word: str, deed: Deed, told: str, *names: str) -> argparse.ArgumentParser:
        added = words.add_parser(word, help=told, description=told)
        for name in names:
            added.add_argument(name, metavar=name.upper())
        added.set_defaults(deed=deed)
        return added

    create = add("create", _create, "make an account; prints a link to choose a password", "name")
    create.add_argument("--admin", action="store_true", help="make them an admin")
    create.add_argument("--display-name")
    create.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    add("users", _users, "list accounts").add_argument("--q", default="", help="begins with")
    add("disable", _disable, "put an account out of use, signed out everywhere", "name")
    add("enable", _enable, "take an account into use again", "name")
    role = add("role", _role, "make somebody an admin, or no longer", "name")
    role.add_argument("role", choices=("admin", "member"))
    add("reset", _reset, "print a link by which a person chooses a new password", "name")
    sessions = add("sessions", _sessions, "list where somebody is signed in", "name")
    sessions.add_argument("--end", action="store_true", help="sign them out everywhere")
    invite = add("invite", _invite, "print a link by which somebody makes an account")
    invite.add_argument("--note", default="", help="whom it is for")
    invite.add_argument("--uses", type=int, default=1)
    invite.add_argument("--days", type=int, default=7)
    add("invitations", _invitations, "list invitations that are good")
    add("withdraw", _withdraw, "make an invitation void", "invitation")
    bot = add("bot", _bot, "make a bot; prints its API token, this once", "name")
    token = add("token", _token, "print one more API token of a bot", "name")
    for takes in (bot, token):
        takes.add_argument(
            "--scopes", required=True, type=_scopes, help="of " + ",".join(identity.SCOPES)
        )
        takes.add_argument("--token-name", default="")
    add("bots", _bots, "list bots and their tokens")
    add("revoke", _revoke, "void an API token", "name", "token")
    keys = add("keys", _keys, "list the keys that sign access tokens")
    keys.add_argument("--rotate", action="store_true", help="make another one, which signs soon")
    keys.add_argument("--retire", metavar="KID", help="take one out of use at once")
    add("audit", _audit, "list what admins did").add_argument("--limit", type=int, default=50)
    return top


async def _create(tools: Tools, given: argparse.Namespace) -> object:
    password = sys.stdin.readline().rstrip("\n") if given.password_stdin else None
    form = identity.NewAccount(
        given.name, password, given.display_name, "admin" if given.admin else "member"
    )
    return await tools.admin.create(None, form)


async def _users(tools: Tools, given: argparse.Namespace) -> object:
    found: list[identity.Account] = []
    while page := await tools.admin.page(found[-1].user.username if found else "", given.q, 100):
        found += page
    return found


async def _disable(tools: Tools, given: argparse.Namespace) -> object:
    return await _change(tools, given, identity.AccountPatch(disabled=True))


async def _enable(tools: Tools, given: argparse.Namespace) -> object:
    return await _change(tools, given, identity.AccountPatch(disabled=False))


async def _role(tools: Tools, given: argparse.Namespace) -> object:
    return await _change(tools, given, identity.AccountPatch(role=given.role))


async def _change(tools: Tools, given: argparse.Namespace, patch: identity.AccountPatch) -> object:
    return await tools.admin.change(None, await _id(tools, given), patch)


async def _reset(tools: Tools, given: argparse.Namespace) -> object:
    return await tools.admin.reset(None, await _id(tools, given))


async def _sessions(tools: Tools, given: argparse.Namespace) -> object:
    user = await _id(tools, given)
    if given.end:
        return {"ended": await tools.admin.end_sessions(None, user)}
    return (await tools.admin.sessions(user)).sessions


async def _invite(tools: Tools, given: argparse.Namespace) -> object:
    form = identity.NewInvitation(given.note, given.uses, given.days)
    return await tools.admin.invite(None, form)


async def _invitations(tools: Tools, _given: argparse.Namespace) -> object:
    return (await tools.admin.invitations()).invitations


async def _withdraw(tools: Tools, given: argparse.Namespace) -> object:
    await tools.admin.withdraw(None, given.invitation)
    return {"withdrawn": given.invitation}


async def _bot(tools: Tools, given: argparse.Namespace) -> object:
    form = identity.NewBot(given.name, given.scopes, token_name=given.token_name)
    return await tools.bots.create(None, form)


async def _token(tools: Tools, given: argparse.Namespace) -> object:
    form = identity.NewApiToken(given.scopes, given.token_name)
    return await tools.bots.add_token(None, await _id(tools, given), form)


async def _bots(tools: Tools, _given: argparse.Namespace) -> object:
    found: list[identity.Bot] = []
    while page := await tools.bots.page(found[-1].user.username if found else "", 100):
        found += page
    return found


async def _revoke(tools: Tools, given: argparse.Namespace) -> object:
    await tools.bots.revoke(None, await _id(tools, given), given.token)
    return {"revoked": given.token}


async def _keys(tools: Tools, given: argparse.Namespace) -> object:
    await tools.ring.reload()
    if given.rotate:
        await tools.ring.rotate(None)
    if given.retire:
        await tools.ring.retire(None, given.retire)
    return (await tools.ring.listed()).keys


async def _audit(tools: Tools, given: argparse.Namespace) -> object:
    return (await tools.admin.audit(2**53, given.limit)).deeds


async def _id(tools: Tools, given: argparse.Namespace) -> str:
    return (await tools.admin.find(given.name)).user.id


def _scopes(given: str) -> list[identity.Scope]:
    """Raises ArgumentTypeError if one is none."""
    try:
        return msgspec.convert(given.split(","), list[identity.Scope])
    except msgspec.ValidationError:
        allowed = ", ".join(identity.SCOPES)
        raise argparse.ArgumentTypeError(f"a comma list of {allowed}; not {given!r}") from None


async def run(arguments: Sequence[str], env: Env) -> object:
    """Do what was asked for, and give what is to be printed.

    Raises:
        SettingsError: the settings of auth are wrong.
        Problem: it can't be done, or Postgres is away.
        ValueError: a word is not understood.
    """
    given = parser().parse_args(arguments)
    tools = Tools(AuthSettings.read(env))
    deed: Deed = given.deed
    try:
        await tools.pool.start()
        return await deed(tools, given)
    finally:
        await tools.passwords.stop()
        await tools.pool.stop()


def main() -> int:
    """Run the command: prints JSON; 0 done, 1 can't be done, 2 not understood."""
    # What is printed is for programs to read: nothing else comes between.
    logs_structlog.setup(NAME, "warning", "console", sys.stderr)
    try:
        said = asyncio.run(run(sys.argv[1:], Env()))
    except (SettingsError, ValueError) as error:
        sys.stderr.write(f"parley admin: {error}\n")
        return 2
    except Problem as problem:
        field = f" ({problem.field})" if problem.field else ""
        sys.stderr.write(f"parley admin: {problem.message}{field}\n")
        return 1
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(said)).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
