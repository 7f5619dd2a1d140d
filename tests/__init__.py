"""The tests of Parley, laid out as the source is; fixtures are in conftest.py."""
