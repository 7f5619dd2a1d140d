"""Hypothesis without a deadline an example: how fast a shared machine is says nothing of ours."""

from hypothesis import settings

settings.register_profile("parley", deadline=None)
settings.load_profile("parley")
