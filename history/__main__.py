"""`python -m history`: runs the service; how it is put together is in `app`."""

from history.app import build
from services.lifecycle import main

if __name__ == "__main__":
    main(build)
