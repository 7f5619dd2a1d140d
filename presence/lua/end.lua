-- These connections closed. Idempotent. Returns what changed for others.
-- KEYS: the shard's due set, then the person of each lease.
-- ARGV: lease ms, then user and session of each lease.

local due, lease_ms = KEYS[1], ARGV[1]
local now = now_ms()
local changes = {}

for i = 2, #KEYS do
  local key, user, session = KEYS[i], ARGV[2 * i - 2], ARGV[2 * i - 1]
  local held = redis.call('HGET', key, session)
  -- What is held counts, not what the call says: an invisible person leaves no trace of leaving.
  if held and is_visible(held) then
    redis.call('HSET', key, SEEN, digits(now))
  end
  redis.call('HSET', key, session, ENDED)
  redis.call('HPEXPIRE', key, lease_ms, 'FIELDS', 1, session)
  local sessions, change = settle(key, user)
  changes[#changes + 1] = change
  if #sessions == 0 then
    redis.call('ZREM', due, user)
  end
end
return changes
