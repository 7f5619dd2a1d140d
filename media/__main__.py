"""`python -m media`: runs the service; everything it is made of is in `app`."""

from media.app import build
from services.lifecycle import main

if __name__ == "__main__":
    main(build)
