-- Ends what ran out, for people who may have such leases or say something that is over; nobody is
-- harmed by being looked at early or twice. Returns what changed for others: each change once,
-- whoever sweeps.
-- KEYS: the shard's due set, its ends, then the people. ARGV: their users.

local due, ends = KEYS[1], KEYS[2]
local now = now_ms()
local changes = {}

for i = 3, #KEYS do
  local key, user = KEYS[i], ARGV[i - 2]
  local sessions, change = settle(key, user, now)
  changes[#changes + 1] = change
  if #sessions == 0 then
    redis.call('ZREM', due, user)
  else
    local first
    -- In parts: Lua hands over no more than 8,000 values at once.
    for from = 1, #sessions, 1000 do
      local some = {unpack(sessions, from, math.min(from + 999, #sessions))}
      for _, at in ipairs(redis.call('HPEXPIRETIME', key, 'FIELDS', #some, unpack(some))) do
        first = math.min(first or at, at)
      end
    end
    redis.call('ZADD', due, digits(first), user)
  end
  local until_ms = redis.call('ZSCORE', ends, user)
  if until_ms and tonumber(until_ms) <= now then
    redis.call('ZREM', ends, user)
  end
end
return changes
