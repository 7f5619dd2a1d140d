-- These connections live. Idempotent. Returns what changed for others; of each user with more
-- connections than allowed {user, session...}: those beyond it, the oldest; and the users of whom
-- it is to be asked what they settled, who are shown to nobody until it is known.
-- KEYS: the shard's due set, its ends, then the person of each lease.
-- ARGV: lease ms, keep ms, most connections of a user (0: any), gateway, then user, session, status
-- and since ms of each lease.

local due, lease_ms, keep_ms, most = KEYS[1], tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local now = now_ms()
local people, changes, beyond, unknown = {}, {}, {}, {}

local function since_of(connection)
  return tonumber(string.match(connection or '', '|(%d+)$') or 0)
end

local function oldest(key, user, sessions)
  local since, living = {}, {}
  for _, session in ipairs(sessions) do
    local connection = redis.call('HGET', key, session)
    if not lingers(connection or '') then
      living[#living + 1] = session
      since[session] = since_of(connection)
    end
  end
  table.sort(living, function(a, b)
    if since[a] ~= since[b] then
      return since[a] < since[b]
    end
    return a < b
  end)
  local found = {user}
  for i = 1, #living - most do
    found[i + 1] = living[i]
  end
  return found
end

for i = 3, #KEYS do
  local key, at = KEYS[i], 4 * i - 7
  local user, session = ARGV[at], ARGV[at + 1]
  local connection = ARGV[at + 2] .. '|' .. ARGV[4] .. '|' .. ARGV[at + 3]
  local held, own, fresh = unpack(redis.call('HMGET', key, session, OWN, FRESH))
  if not (held and (held == ENDED or lingers(held))) then
    redis.call('HSET', key, session, connection)
    redis.call('HPEXPIRE', key, lease_ms, 'FIELDS', 1, session)
    -- One who turns invisible was seen until now, like one who leaves: the time tells no difference.
    if not own_of(own) and (is_visible(connection) or (held and is_visible(held))) then
      redis.call('HSET', key, SEEN, digits(now))
    end
    redis.call('PEXPIRE', key, keep_ms)
    redis.call('ZADD', due, 'LT', digits(now + lease_ms), user)
    people[key] = user
    if not fresh then
      unknown[#unknown + 1] = user
    end
  end
end

-- Once a person and after all their leases: two devices in one call are one change.
for i = 3, #KEYS do
  local key = KEYS[i]
  if people[key] then
    local sessions, change = settle(key, people[key], now)
    changes[#changes + 1] = change
    if most > 0 and #sessions > most then
      beyond[#beyond + 1] = oldest(key, people[key], sessions)
    end
    people[key] = nil
  end
end
return {changes, beyond, unknown}
