"""`python -m verify`: the canary, which goes on until it is told to stop."""

from services.lifecycle import main
from verify.app import build

if __name__ == "__main__":
    main(build)
