"""Who you are, and a token that says so: accounts, sessions, keys. Owns the Postgres schema `auth`.

Not here: what a person may do in a room (history), and whether they are online (presence).
"""
