"""The tables of docs/reference/configuration.md: every setting that a service reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.settings import Rate
from tests.docs.built import NAMES, Read, built
from tests.docs.markdown import code, number, table

MEANING = {
    "PARLEY_ACK": "What an `ok` promises: `log` says that the message is durable in the log,"
    " `stored` that it is in Postgres too.",
    "PARLEY_COMPRESSION": "Whether frames of half a kilobyte and more go compressed to clients that"
    " offer it, as every browser does.",
    "PARLEY_CONTACT": "Whom somebody asks who lost their password or wants an invitation: an"
    " address or a name, which the sign-in page shows.",
    "PARLEY_DEFAULT_ROOMS": "Public rooms that everybody is let into once, at their first hello:"
    " names with commas between; a comma alone is none. The local stack has `General`.",
    "PARLEY_DRAIN_SECONDS": "How long a process that is told to stop takes leave: a gateway"
    " spreads the `reconnect` of its sockets over it, the others end running requests.",
    "PARLEY_EMOJI_ADD": "Who may add custom emoji: admins alone, or every person, who then may"
    " remove their own again. Bots need the scope `admin` either way.",
    "PARLEY_GATEWAY_NAME": "An id that tells this gateway from the others, in presence and in"
    " logs. Each gateway needs its own.",
    "PARLEY_HOST": "The address to listen on, for the public and the private port.",
    "PARLEY_ISSUERS": "Outside issuers whose tokens are taken as they are: a JSON list, see"
    " [security](security.md#tokens-of-your-own-application).",
    "PARLEY_JWKS_URL": "Where the keys are that access tokens are checked with.",
    "PARLEY_KEY_DAYS": "After so many days another key signs access tokens, and the one before is"
    " retired once its last token has run out; 0: only when an admin says so.",
    "PARLEY_LIMIT_CONNECTS": "Sockets that a gateway opens in a time; more upgrades are answered"
    " 503 with `Retry-After`. When a gateway dies, its N sockets need N / (gateways left x rate)"
    " seconds to come back, less what comes as the first burst, and as long again as clients wait"
    " between two tries: 200 a second keep a core's greater part for those who are here; with 500,"
    " 2,000 sockets are back in little more than half the time (`python -m bench resume`).",
    "PARLEY_LIMIT_CONNECTS_ADDRESS": "Sockets that one address opens on a gateway in a time; more"
    " upgrades are answered 429. So nobody takes all of `PARLEY_LIMIT_CONNECTS`.",
    "PARLEY_LIMIT_FRAMES": "Frames of one socket in a time, of all kinds. Who sends more is read no"
    " faster: nothing is refused or lost, and nobody else waits.",
    "PARLEY_LIMIT_SEARCHES": "Searches of one user, the dearest question that history is asked.",
    "PARLEY_LIMIT_SENDS": "Messages of one user in a time, over all sockets and bots; more are"
    " `rate_limited`. 0 is no limit, here as in every `PARLEY_LIMIT_…`.",
    "PARLEY_LIMIT_SENDS_ROOM": "The same for the messages of all users into one room.",
    "PARLEY_LIMIT_SOCKETS": "Sockets of one user at a time, over all gateways; beyond it the oldest"
    " is closed with 4503.",
    "PARLEY_LIMIT_SOCKETS_ADDRESS": "Sockets that one address holds at a time on a gateway,"
    " whoever is behind it; more upgrades are answered 429 with `Retry-After`. 0 is any number.",
    "PARLEY_LIMIT_EXEMPT": "Addresses and networks without limits an address: people behind one"
    " address of a large house, a load test. Limits an account hold.",
    "PARLEY_LIMIT_HOOKS": "What one webhook posts into its room in a time.",
    "PARLEY_LIMIT_LOGINS": "Sign-ins to one account, whether there is such an account or not. Wrong"
    " passwords count longer besides: twice as many in ten times the seconds, four times in sixty.",
    "PARLEY_LIMIT_LOGINS_ADDRESS": "Sign-ins, and trades of API tokens, from one address.",
    "PARLEY_LIMIT_PREVIEWS": "Messages of one user in a time whose links are looked up; more get no"
    " previews.",
    "PARLEY_LIMIT_REFRESH": "Refreshes of one session.",
    "PARLEY_LIMIT_REFRESH_ADDRESS": "Refreshes from one address.",
    "PARLEY_LIMIT_REGISTER": "Accounts made from one address.",
    "PARLEY_LIMIT_RENAMES": "Changes of one person's display name: all who share a room with them"
    " are told of each.",
    "PARLEY_LIMIT_RESETS": "Links and invitations asked for by mail, for one account or address.",
    "PARLEY_LIMIT_RESETS_ADDRESS": "The same, and links used, from one address.",
    "PARLEY_LIMIT_UPLOADS": "Files uploaded by one user.",
    "PARLEY_LINK_PREVIEWS": "Whether links in messages are looked up, to show what they lead to:"
    " media asks the servers of strangers for the pages. Off, nobody is asked, and what was found"
    " before stays.",
    "PARLEY_LOG_FORMAT": "One JSON object a line, or lines for people.",
    "PARLEY_LOG_KEEP_HOURS": "How long the log keeps what Postgres has already: a resume within it"
    " costs no query. Less where the log is nearly full.",
    "PARLEY_LOG_LEVEL": "The least severe lines that are written.",
    "PARLEY_LOG_MAX_BYTES": "The largest the log may grow while Postgres is away; a full log"
    " answers sends with `unavailable`.",
    "PARLEY_MAIL_FROM": "The address that mail comes from; needed with `PARLEY_SMTP_URL`.",
    "PARLEY_MAX_CONNECTIONS": "Sockets that a gateway holds at most; more upgrades are answered"
    " 503.",
    "PARLEY_MEDIA_DAY_BYTES": "What one user may upload in a day that is still there, thumbnails"
    " included; 0 is no limit.",
    "PARLEY_MEDIA_FILE_BYTES": "The longest file that is taken; in a bucket at most 5 GiB.",
    "PARLEY_MEDIA_FOLDER": "Where files are kept: a folder that all replicas of media share, on one"
    " file system. With a bucket (`PARLEY_S3_BUCKET`) only while they come in, each replica's own.",
    "PARLEY_MEDIA_URL": "Where files are served from, if not from the public URL: a host of its own"
    " that leads to media as well, so that nothing in a file is ever of the client's origin. Caddy"
    " has to be given it too, for its content security policy.",
    "PARLEY_NATS_REPLICAS": "On how many NATS nodes the log lies: 1, or 3 in a cluster.",
    "PARLEY_NATS_URL": "The NATS servers, with commas between; they may name a user and password."
    " With `tls://…?ca=FILE` they are believed by an authority of your own instead of the system's;"
    " `&cert=FILE&key=FILE` is a client certificate. What the first one names holds for all.",
    "PARLEY_ORIGINS": "Whose pages may open a socket, besides those of the address that was asked"
    " and of `PARLEY_PUBLIC_URL`: origins such as `https://app.example`. Programs send none.",
    "PARLEY_OUTBOUND_ALLOW": "Hosts, addresses and networks that links, webhooks and push services"
    " may be at though they are not the world's, with commas between: a wiki in the house. A name"
    " allows itself and no name below it, wherever it leads.",
    "PARLEY_PASSWORD_MEMORY_KIB": "The memory that a hash of a password (argon2id, three passes)"
    " takes; two are made at a time. Others than that are made anew when their people sign in.",
    "PARLEY_PORT": "The public port. 0 takes a free one.",
    "PARLEY_POSTGRES_POOL": "Connections to Postgres that one process opens at most.",
    "PARLEY_POSTGRES_URL": "The database. auth owns the schema `auth` in it, history `history`,"
    " media `media`, notify `notify`."
    " With `?sslmode=verify-full&sslrootcert=FILE` it is encrypted, and believed by that authority"
    " alone; `sslcert` and `sslkey` are a client certificate.",
    "PARLEY_PRIVATE_PORT": "The port of `/livez`, `/readyz` and `/metrics`: never let the world"
    " reach it. 0 takes a free one.",
    "PARLEY_PUBLIC_URL": "The address people use. Tokens are issued for it, so all services need"
    " the same.",
    "PARLEY_REDIS_CLUSTER": "Whether `PARLEY_REDIS_URL` is a node of a Redis Cluster, which tells"
    " of the others.",
    "PARLEY_REDIS_URL": "Valkey 9 or Redis 7.4 and above. `rediss://` is encrypted; with"
    " `?ssl_ca_certs=FILE` it is believed by an authority of your own, and `ssl_certfile` and"
    " `ssl_keyfile` are a client certificate.",
    "PARLEY_REFRESH_DAYS": "How long a session lasts without being used.",
    "PARLEY_REGISTRATION": "Who may make an account: anyone; who has an invitation; who has a mail"
    " address of `PARLEY_REGISTRATION_DOMAINS`, to which an invitation is sent, or an invitation;"
    " or nobody but by an admin.",
    "PARLEY_REGISTRATION_DOMAINS": "Domains of mail addresses, with commas between.",
    "PARLEY_S3_ACCESS_KEY_ID": "Who media is to the store; needed with `PARLEY_S3_BUCKET`.",
    "PARLEY_S3_BUCKET": "The bucket that files are kept in, which is there already; without one"
    " they are kept in `PARLEY_MEDIA_FOLDER`. See [files in S3](../howto/s3.md).",
    "PARLEY_S3_ENDPOINT": "Where the store is; Amazon's of the region, if nothing is said. The"
    " bucket is addressed by path.",
    "PARLEY_S3_REGION": "The region that requests are signed for; most other stores take this one.",
    "PARLEY_S3_SECRET_ACCESS_KEY": "The secret of that key.",
    "PARLEY_SMTP_URL": "The server that takes mail: `smtps://` speaks TLS at once, `smtp://` by"
    " STARTTLS, which is demanded wherever the URL has a password. Without one, who lost their"
    " password asks an admin for a link.",
    "PARLEY_TRUSTED_PROXIES": "Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed:"
    " addresses and networks with commas between.",
}
"""What each setting is for; what it may be, and what it is when it is not set, is read off."""
SECRET = ("secret", "secret_url", "secret_urls")


def settings() -> dict[str, tuple[Read, list[str]]]:
    """Every setting by name, with those who read it."""
    found: dict[str, tuple[Read, list[str]]] = {}
    for service in NAMES:
        for name, read in built(service).reads.items():
            found.setdefault(name, (read, []))[1].append(service)
    return dict(sorted(found.items()))


def services_table() -> str:
    """The table of everything the services read.

    Raises:
        ValueError: a setting has no meaning here, or a meaning has no setting.
    """
    known = settings()
    if known.keys() != MEANING.keys():
        raise ValueError(f"MEANING differs in {sorted(known.keys() ^ MEANING.keys())}")
    head = ("setting", "if it is not set", "may be", "read by", "what it is for")
    return table(
        head,
        [
            (
                code(name) + (" or `…_FILE`" if read.kind in SECRET else ""),
                _default(name, readers),
                _told_apart(name, readers, _allowed),
                "all" if len(readers) == len(NAMES) else ", ".join(readers),
                MEANING[name],
            )
            for name, (read, readers) in known.items()
        ],
    )


def _default(name: str, readers: list[str]) -> str:
    """What it is if it is not set."""
    if name == "PARLEY_JWKS_URL":
        return "`/.well-known/jwks.json` of `PARLEY_PUBLIC_URL`"
    if name == "PARLEY_GATEWAY_NAME":
        return "`gateway-` and a random part"
    return _told_apart(name, readers, lambda read: _value(read.arguments["default"]))


def _told_apart(name: str, readers: list[str], shown: Callable[[Read], str]) -> str:
    """What is the same for each who reads it, or what it is for each."""
    found: dict[str, list[str]] = {}
    for service in readers:
        found.setdefault(shown(built(service).reads[name]), []).append(service)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{value} in {', '.join(names)}" for value, names in sorted(found.items()))


def _value(default: Any) -> str:  # noqa: ANN401 - whatever a setting may be
    match default:
        case None:
            return "it must be"
        case () | "":
            return "nobody" if default == () else "nothing"
        case Rate():
            return code(f"{default.count}/{default.seconds:g}")
        case int() | float():
            return number(default) if default >= 10_000 else f"{default:g}"
    return code(default)


def _allowed(read: Read) -> str:
    """The values that are taken."""
    given = read.arguments
    match read.kind:
        case "text":
            choices = given["choices"]
            return " ".join(map(code, choices)) if choices else "a text"
        case "integer":
            return f"a whole number, {number(given['minimum'])} to {_most(given['maximum'])}"
        case "seconds":
            return f"seconds, {given['minimum']:g} to {given['maximum']:,.0f}"
        case "rate":
            return "`count/seconds`, or `0` for no limit"
        case "flag":
            return "`true` or `false`"
        case "words":
            return "words with commas between"
        case "addresses":
            return "addresses and networks"
        case "secret":
            return "a text"
    many = "URLs" if read.kind == "secret_urls" else "a URL"
    return f"{many} of {' '.join(code(f'{scheme}://') for scheme in given['schemes'])}"


def _most(maximum: int) -> str:
    return "2^53" if maximum == 2**53 else number(maximum)
