"""The contract: every frame, event, subject, close code and limit. Pure data and pure functions.

Not here: sockets, clocks, random numbers, storage. Nothing in this package imports anything of
Parley's but itself; of third parties it imports msgspec alone.
"""
