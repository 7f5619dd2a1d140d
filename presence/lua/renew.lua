-- These connections live. Idempotent. Returns what changed for others, and of each user with more
-- connections than allowed {user, session...}: those beyond it, the oldest.
-- KEYS: the shard's due set, then the person of each lease.
-- ARGV: lease ms, keep ms, most connections of a user (0: any), gateway, then user, session, status
-- and since ms of each lease.

local due, lease_ms, keep_ms, most = KEYS[1], tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local now = now_ms()
local people, changes, beyond = {}, {}, {}

local function since_of(connection)
  return tonumber(string.match(connection or '', '|(%d+)$') or 0)
end

local function oldest(key, user, sessions)
  local since = {}
  for _, session in ipairs(sessions) do
    since[session] = since_of(redis.call('HGET', key, session))
  end
  table.sort(sessions, function(a, b)
    if since[a] ~= since[b] then
      return since[a] < since[b]
    end
    return a < b
  end)
  local found = {user}
  for i = 1, #sessions - most do
    found[i + 1] = sessions[i]
  end
  return found
end

for i = 2, #KEYS do
  local key, at = KEYS[i], 4 * i - 3
  local user, session = ARGV[at], ARGV[at + 1]
  local connection = ARGV[at + 2] .. '|' .. ARGV[4] .. '|' .. ARGV[at + 3]
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
    local sessions, change = settle(key, people[key])
    changes[#changes + 1] = change
    if most > 0 and #sessions > most then
      beyond[#beyond + 1] = oldest(key, people[key], sessions)
    end
    people[key] = nil
  end
end
return {changes, beyond}
