"""Tests of the notify service; the mirror of `notify/`."""
