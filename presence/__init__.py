"""Who is here. Owns Redis; knows no room, no message and no socket, only leases of connections."""
