"""Copies the built client to where another server reads it; it builds and serves nothing.

    python -m services.local.publish FOLDER

In compose that is a volume, which Caddy reads while this writes: the page comes last, at once, when
all that it names is there.
"""

import shutil
import sys
from pathlib import Path

from services.local import pages


def publish(source: Path, target: Path) -> None:
    """Make the target folder what the source is. Idempotent; one at a time.

    A page that was loaded before may ask later for assets that are then gone, the emoji alone: it
    says that it has to be loaded anew.

    Raises:
        OSError: the target can't be written.
    """
    names = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for name in sorted(names, key=lambda name: (name.name == pages.INDEX, name)):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        beside = target / f"{name}.new"
        shutil.copy2(source / name, beside)
        beside.replace(target / name)
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(target) not in names:
            path.unlink()


def main() -> int:
    """Publish into the folder that is named, and give the exit code."""
    source = pages.built()
    if source is None:
        sys.stderr.write("publish: there is no built client here.\n")
        return 1
    (target,) = sys.argv[1:]
    publish(source, Path(target))
    return 0


if __name__ == "__main__":
    sys.exit(main())
