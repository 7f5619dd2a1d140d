-- These connections live. Idempotent. Returns what changed for others.
-- KEYS: the shard's due set, then the person of each lease.
-- ARGV: lease ms, keep ms, gateway, then user, session and status of each lease.

local due, lease_ms, keep_ms, gateway = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3]
local now = now_ms()
local people, changes = {}, {}

for i = 2, #KEYS do
  local key, at = KEYS[i], 3 * i - 2
  local user, session, connection = ARGV[at], ARGV[at + 1], ARGV[at + 2] .. '|' .. gateway
  local held = redis.call('HGET', key, session)
  if held ~= ENDED then
    redis.call('HSET', key, session, connection)
    redis.call('HPEXPIRE', key, lease_ms, 'FIELDS', 1, session)
    -- One who turns invisible was seen until now, like one who leaves: the time tells no difference.
    if is_visible(connection) or (held and is_visible(held)) then
      redis.call('HSET', key, SEEN, digits(now))
    end
    redis.call('PEXPIRE', key, keep_ms)
    redis.call('ZADD', due, 'LT', digits(now + lease_ms), user)
    people[key] = user
  end
end

-- Once a person and after all their leases: two devices in one call are one change.
for i = 2, #KEYS do
  local key = KEYS[i]
  if people[key] then
    local _, change = settle(key, people[key])
    changes[#changes + 1] = change
    people[key] = nil
  end
end
return changes
