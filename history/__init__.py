"""Rooms, members, and what was said, in order, for ever. Owns the Postgres schema `history`."""
