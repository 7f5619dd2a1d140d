-- Who has not said for long enough that they type, those due longest first. Of these it changes
-- nothing; but it notes since when this shard remembers, if that is not known.
-- KEYS: the shard's due set and its since. ARGV: most of them.
-- Returns since, then `room|user` of each.

redis.call('SET', KEYS[2], digits(now_us()), 'NX')
local found = redis.call('ZRANGE', KEYS[1], '-inf', digits(now_ms()), 'BYSCORE', 'LIMIT', 0, ARGV[1])
table.insert(found, 1, redis.call('GET', KEYS[2]))
return found
