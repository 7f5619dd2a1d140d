-- These connections closed. Idempotent. Returns what changed for others.
-- KEYS: the shard's due set, its ends, then the person of each lease.
-- ARGV: lease ms, linger ms (0: they were meant to end), then user and session of each lease.

local due, lease_ms, linger_ms = KEYS[1], ARGV[1], tonumber(ARGV[2])
local now = now_ms()
local changes = {}

for i = 3, #KEYS do
  local key, user, session = KEYS[i], ARGV[2 * i - 3], ARGV[2 * i - 2]
  local held, own = unpack(redis.call('HMGET', key, session, OWN))
  -- What is held counts, not what the call says: an invisible person leaves no trace of leaving.
  if held and is_visible(held) and not own_of(own) then
    redis.call('HSET', key, SEEN, digits(now))
  end
  if linger_ms == 0 or not held then
    redis.call('HSET', key, session, ENDED)
    redis.call('HPEXPIRE', key, lease_ms, 'FIELDS', 1, session)
  elseif held ~= ENDED and not lingers(held) then
    redis.call('HSET', key, session, string.match(held, '^.*|') .. LEFT)
    redis.call('HPEXPIRE', key, linger_ms, 'FIELDS', 1, session)
    redis.call('ZADD', due, 'LT', digits(now + linger_ms), user)
  end
  local sessions, change = settle(key, user, now)
  changes[#changes + 1] = change
  if #sessions == 0 then
    redis.call('ZREM', due, user)
  end
end
return changes
