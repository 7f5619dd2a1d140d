-- Who is to be looked at, those due longest first. Of these it changes nothing; but it notes since
-- when this shard remembers, if that is not known.
-- KEYS: the shard's due set and its since. ARGV: most people.
-- Returns how many people are here, then the users.

redis.call('SET', KEYS[2], digits(now_us()), 'NX')
local users = redis.call('ZRANGE', KEYS[1], '-inf', digits(now_ms()), 'BYSCORE', 'LIMIT', 0, ARGV[1])
table.insert(users, 1, redis.call('ZCARD', KEYS[1]))
return users
