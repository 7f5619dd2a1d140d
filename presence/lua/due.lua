-- Who is to be looked at, those due longest first. Changes nothing.
-- KEYS: the shard's due set. ARGV: most people. Returns how many people are here, then the users.

local now = milliseconds(now_ms())
local users = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
table.insert(users, 1, redis.call('ZCARD', KEYS[1]))
return users
