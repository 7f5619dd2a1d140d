"""Tests of services.deploy."""
