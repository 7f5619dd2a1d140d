"""The one error of the local stack; a sentence for the person at the keyboard, not a traceback."""


class LocalError(Exception):
    """Why the local stack can't start, run or stop: one sentence that says what to do."""
