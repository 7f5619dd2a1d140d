"""Tests of services/local."""
