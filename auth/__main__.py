"""`python -m auth`: runs the service; everything it is made of is in `app`."""

from auth.app import build
from services.lifecycle import main

if __name__ == "__main__":
    main(build)
