"""`python -m notify`: runs the service; everything it is made of is in `app`."""

from notify.app import build
from services.lifecycle import main

if __name__ == "__main__":
    main(build)
