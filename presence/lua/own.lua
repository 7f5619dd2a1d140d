-- These people settled how others see them. Idempotent; of two the later one counts. Returns what
-- changed for others.
-- KEYS: the shard's due set, its ends, then the people.
-- ARGV: keep ms, fresh ms, then user, rev, 1 (hidden) or 0, until ms or 0, and note of each.

local due, ends, keep_ms, fresh_ms = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local now = now_ms()
local changes = {}

for i = 3, #KEYS do
  local key, at = KEYS[i], 5 * i - 12
  local user, rev, until_ms = ARGV[at], ARGV[at + 1], ARGV[at + 3]
  local held = redis.call('HGET', key, OWN)
  if not held or tonumber(rev) >= tonumber(string.match(held, '^%d+')) then
    redis.call('HSET', key, OWN, table.concat({rev, ARGV[at + 2], until_ms, ARGV[at + 4]}, '|'))
    if until_ms == '0' then
      redis.call('ZREM', ends, user)
    else
      redis.call('ZADD', ends, until_ms, user)
    end
  end
  redis.call('HSET', key, FRESH, '1')
  redis.call('HPEXPIRE', key, fresh_ms, 'FIELDS', 1, FRESH)
  redis.call('PEXPIRE', key, keep_ms)
  local _, change = settle(key, user, now)
  -- Whoever is here was not noted as seen as long as they might have been hiding.
  if change and change[2] ~= 'offline' then
    redis.call('HSET', key, SEEN, digits(now))
  end
  changes[#changes + 1] = change
end
return changes
