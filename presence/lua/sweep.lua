-- Ends what ran out, for people who may have such leases; nobody is harmed by being looked at
-- early or twice. Returns what changed for others: each change once, whoever sweeps.
-- KEYS: the shard's due set, then the people. ARGV: their users.

local due = KEYS[1]
local changes = {}

for i = 2, #KEYS do
  local key, user = KEYS[i], ARGV[i - 1]
  local sessions, change = settle(key, user)
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
end
return changes
