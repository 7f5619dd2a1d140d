-- Who is to be looked at, those due longest first. Of these it changes nothing; but it notes since
-- when this shard remembers, if that is not known.
-- KEYS: the shard's due set, its since and its ends. ARGV: most people of each set.
-- Returns how many people are here, then the users, some of them twice.

redis.call('SET', KEYS[2], digits(now_us()), 'NX')
local found = {redis.call('ZCARD', KEYS[1])}
for _, key in ipairs({KEYS[1], KEYS[3]}) do
  local users = redis.call('ZRANGE', key, '-inf', digits(now_ms()), 'BYSCORE', 'LIMIT', 0, ARGV[1])
  for _, user in ipairs(users) do
    found[#found + 1] = user
  end
end
return found
