"""The rules of the house, read off the source: who may import whom, and what lives in one place.

Each test lists everything that breaks its rule, one line each, as `path:line: what is wrong`.
"""

import ast
import gc
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar, cast

import pytest

from services.settings import DOCUMENTED, LIMIT_NAMES

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "proto": {"proto"},
    "services": {"services", "proto"},
    "parley_sdk": {"parley_sdk", "proto"},
    "verify": {"verify", "parley_sdk", "services", "proto"},
    **{
        name: {name, "services", "proto"}
        for name in ("gateway", "auth", "history", "presence", "media", "notify")
    },
}
"""Which of our packages each of them may import: a service never another service."""

WIRING = {"__init__", "__main__", "app", "settings", "routes", "metrics"}
"""Files with the same name in every service; they connect, so they are never cores."""

NAMED_IN = {
    "cryptography": {"jwt", "cryptography"},
    "prometheus_client": {"prometheus"},
    "psycopg": {"yoyo"},
    "asyncpg": {"postgres"},
    "PIL": {"pillow"},
    "python_multipart": {"multipart"},
}
"""Whose file bears another name than the package; every other one is `*_<package>.py`."""
STARLETTE = {"routes", "app", "services/http", "services/requests"}
ANYWHERE = {"msgspec"}

CORES = {
    "auth": {"cookie", "email", "keyring", "profile", "secret", "session", "username"},
    "gateway": {
        *(
            "crowd",
            "escrow",
            "fragments",
            "frame",
            "gate",
            "membership",
            "origin",
            "room",
            "roster",
        ),
        *("session", "terms", "typists", "watchlist"),
    },
    "history": {
        *("batch", "links", "message", "page", "rights", "room", "slack", "walk", "words"),
    },
    "notify": {"decision", "device", "hook", "push", "shares"},
    "presence": {"agenda", "person", "status", "typists"},
    "media": {"access", "emoji", "head", "kind", "name", "picture", "s3", "signature"},
    "verify": {"capacity", "tally"},
}
"""Modules that must be cores; others are too, if they do not await or touch a client library."""
NOT_IN_A_CORE = {
    *("asyncio", "datetime", "logging", "os", "pathlib", "random", "secrets", "select", "socket"),
    *("structlog", "subprocess", "threading", "time"),
}
CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}
CLOCK_FILES = {"services/clock.py", "sdk/python/parley_sdk/clock.py"}
SUBJECT = re.compile(r"(room\.(log|live|passing)|user\.passing|\w+\.(rpc|event))\.")
SHAPELESS = re.compile(
    r"(utils?|common|helpers?|managers?|misc)(_\w+)?|\w+_(utils?|helpers?|manager)"
)
MODULE_LINES = 500
FUNCTION_LINES = 60

Node = TypeVar("Node", bound=ast.AST)


class Source:
    """One parsed file of ours."""

    def __init__(self, path: Path) -> None:
        self.path = path.relative_to(ROOT).as_posix()
        self.stem = path.stem
        parts = path.relative_to(ROOT).parts
        self.package = "parley_sdk" if parts[0] == "sdk" else parts[0]
        self.text = path.read_text(encoding="utf-8")

    @cached_property
    def _nodes(self) -> dict[type[ast.AST], list[ast.AST]]:
        """All of its nodes by their kind: ten rules look at them."""
        found: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in ast.walk(ast.parse(self.text)):
            found[type(node)].append(node)
        return found

    def all(self, kind: type[Node]) -> list[Node]:
        """Every node of a kind, nested ones too."""
        return cast(list[Node], self._nodes.get(kind, []))

    def at(self, node: ast.AST, what: str) -> str:
        """A line of a failure."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"

    def imports(self) -> Iterator[tuple[ast.AST, str]]:
        """Every imported module, with where."""
        for plain in self.all(ast.Import):
            for alias in plain.names:
                yield plain, alias.name
        for node in self.all(ast.ImportFrom):
            yield node, node.module or "."

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        yield from self.all(ast.FunctionDef)
        yield from self.all(ast.AsyncFunctionDef)

    def is_core(self) -> bool:
        """Whether the rule of cores holds for this file."""
        if self.package == "proto":
            return self.stem != "schema"
        if self.package not in CORES or self.stem in WIRING:
            return False
        if self.stem in CORES[self.package]:
            return True
        names = {name.partition(".")[0] for _, name in self.imports()}
        waits = "asyncio" in names or bool(self.all(ast.AsyncFunctionDef))
        return not waits and "_" not in self.stem


@cache
def sources() -> list[Source]:
    """Every file of ours that ships."""
    folders = [ROOT / name for name in MAY_IMPORT if name != "parley_sdk"]
    folders.append(ROOT / "sdk/python/parley_sdk")
    return [Source(path) for folder in folders for path in sorted(folder.rglob("*.py"))]


@cache
def suites() -> list[Source]:
    """Every file of tests."""
    return [Source(path) for path in sorted((ROOT / "tests").rglob("*.py"))]


@pytest.fixture(scope="module", autouse=True)
def _uncollected() -> Iterator[None]:
    """Look for no garbage: among half a million nodes that takes longer than to parse them."""
    gc.disable()
    yield
    gc.enable()


def none(violations: list[str], rule: str) -> None:
    """Fail with one line a violation, if there is any."""
    if violations:
        pytest.fail(f"{rule}\n  " + "\n  ".join(violations), pytrace=False)


def violations(check: Callable[[Source], Iterator[str]], files: list[Source]) -> list[str]:
    """What a check finds in all files."""
    return [line for source in files for line in check(source)]


def test_there_is_source_to_check() -> None:
    """A test that looked in the wrong place would never fail."""
    assert {source.package for source in sources()} == set(MAY_IMPORT)
    assert len(suites()) > 10


def test_packages_import_downwards_only() -> None:
    """proto <- services <- a service; no service imports another, the sdk imports proto alone."""

    def check(source: Source) -> Iterator[str]:
        allowed = MAY_IMPORT[source.package]
        for node, name in source.imports():
            top = name.partition(".")[0]
            if top in {"", "tests"} or (top in MAY_IMPORT and top not in allowed):
                yield source.at(node, f"{source.package} must not import {name}")

    none(violations(check, sources()), "services meet on NATS or over HTTP, in words from proto:")


def test_a_client_library_is_imported_in_the_file_that_bears_its_name() -> None:
    """nats in `*_nats.py`, asyncpg in `*_postgres.py`; starlette in routes and app."""

    def check(source: Source) -> Iterator[str]:
        for node, name in source.imports():
            top = name.partition(".")[0]
            if top in sys.stdlib_module_names or top in MAY_IMPORT or top in {*ANYWHERE, ""}:
                continue
            if top == "starlette":
                place = source.path.removesuffix(".py")
                if source.stem not in STARLETTE and place not in STARLETTE:
                    yield source.at(node, "starlette belongs into routes.py or app.py")
                continue
            names = NAMED_IN.get(top, {top})
            if source.stem.rpartition("_")[2] not in names:
                files = " or ".join(f"*_{suffix}.py" for suffix in sorted(names))
                yield source.at(node, f"{top} belongs into {files}")

    none(violations(check, sources()), "one file knows a client library, so one file changes:")


def test_a_core_is_plain_synchronous_code() -> None:
    """No waiting, no clock, no randomness, no logging, no input or output."""

    def check(source: Source) -> Iterator[str]:
        if not source.is_core():
            return
        for node, name in source.imports():
            if name.partition(".")[0] in NOT_IN_A_CORE:
                yield source.at(node, f"a core must not import {name}")
            if name in {"services.clock", "services.logs_structlog"}:
                yield source.at(node, f"time is an argument and answers are data, not {name}")
        for node in (*source.all(ast.AsyncFunctionDef), *source.all(ast.Await)):
            yield source.at(node, "a core does not wait")
        for call in source.all(ast.Call):
            if _called(call) in {"open", "print", "input"}:
                yield source.at(call, f"a core does not call {_called(call)}")

    none(violations(check, sources()), "a core is given what it needs and answers data:")


def test_the_cores_are_where_they_are_looked_for() -> None:
    """A core that was renamed would no longer be checked as one."""
    here = {(source.package, source.stem) for source in sources()}
    missing = [
        f"{package}/{stem}.py: not there; change CORES in this test with it"
        for package, stems in CORES.items()
        for stem in sorted(stems)
        if (package, stem) not in here
    ]
    none(missing, "every core named here exists:")


def test_the_environment_is_read_in_settings_alone() -> None:
    """`os.environ` and its like."""

    def check(source: Source) -> Iterator[str]:
        if source.stem == "settings":
            return
        for used in source.all(ast.Attribute):
            if used.attr in {"environ", "environb", "getenv", "putenv"}:
                yield source.at(used, f"os.{used.attr} belongs into settings")
        for node in source.all(ast.ImportFrom):
            if node.module == "os":
                taken = {alias.name for alias in node.names} & {"environ", "getenv", "putenv"}
                for one in sorted(taken):
                    yield source.at(node, f"os.{one} belongs into settings")

    none(violations(check, sources()), "settings are read once, in one place:")


def test_the_clock_is_read_in_one_place() -> None:
    """`time.time`, `time.monotonic`, `datetime.now` and their like."""

    def check(source: Source) -> Iterator[str]:
        if source.path in CLOCK_FILES:
            return
        for used in source.all(ast.Attribute):
            owner = _name(used.value)
            if used.attr in CLOCKS.get(owner, ()):
                yield source.at(used, f"{owner}.{used.attr}: take services.clock")
        for node in source.all(ast.ImportFrom):
            if node.module == "time":
                for alias in node.names:
                    if alias.name in CLOCKS["time"]:
                        yield source.at(node, f"time.{alias.name}: take services.clock")

    none(violations(check, sources()), "one clock, so that one test can turn it:")


def test_subjects_are_made_in_one_place() -> None:
    """A string that looks like a NATS subject of ours, anywhere but in proto."""

    def check(source: Source) -> Iterator[str]:
        if source.package == "proto":
            return
        prose = {id(expression.value) for expression in source.all(ast.Expr)}
        for node in source.all(ast.Constant):
            text = node.value
            if isinstance(text, str) and id(node) not in prose and SUBJECT.match(text):
                yield source.at(node, f"{text!r} belongs into proto/subjects.py")

    none(violations(check, sources()), "both ends of a subject must be the same string:")


def test_every_setting_is_documented() -> None:
    """A name read somewhere and not listed would be reported to operators as unknown."""

    def check(source: Source) -> Iterator[str]:
        for node in source.all(ast.Call):
            if not isinstance(node.func, ast.Attribute):
                continue
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                name = first.value
                known = name in DOCUMENTED | LIMIT_NAMES
                if re.fullmatch(r"PARLEY_[A-Z0-9_]+", name) and not known:
                    yield source.at(
                        node, f"{name} is missing in DOCUMENTED of services/settings.py"
                    )

    none(violations(check, sources()), "every PARLEY_ name is in one list:")


def test_modules_and_functions_are_small() -> None:
    """No module above 500 lines, no function above 60."""

    def check(source: Source) -> Iterator[str]:
        lines = source.text.count("\n")
        if lines > MODULE_LINES:
            yield f"{source.path}:{lines}: more than {MODULE_LINES} lines"
        for function in source.functions():
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > FUNCTION_LINES:
                yield source.at(function, f"{function.name} has {length} lines")

    none(violations(check, sources() + suites()), "what is too long does too much:")


def test_names_say_what_is_inside() -> None:
    """No utils, common, helpers or manager, as a file or a folder."""
    shapeless = [
        f"{source.path}: {part} says nothing"
        for source in sources() + suites()
        for part in Path(source.path).with_suffix("").parts
        if SHAPELESS.fullmatch(part)
    ]
    none(shapeless, "a name says what is inside:")


def test_every_test_states_the_behaviour() -> None:
    """A docstring in every test function."""

    def check(source: Source) -> Iterator[str]:
        for function in source.functions():
            if function.name.startswith("test_") and not ast.get_docstring(function):
                yield source.at(function, f"{function.name} has no docstring")

    none(violations(check, suites()), "a test says in words what must hold:")


def test_sources_are_free_of_leftovers() -> None:
    """What is not there is not shown: no note of work to do."""
    marks = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b")

    def check(source: Source) -> Iterator[str]:
        for number, line in enumerate(source.text.splitlines(), 1):
            if marks.search(line):
                yield f"{source.path}:{number}: {line.strip()}"

    none(violations(check, sources()), "finished or not there:")


def _name(node: ast.AST) -> str:
    """`b` of `a.b` and `b` of `b`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""
