"""Tries the promise from outside, as people do: by a person after an upgrade, or as a canary.

Besides, it reckons beforehand what an installation needs (`capacity`).
"""
