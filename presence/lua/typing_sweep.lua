-- Ends the typing of those who have not said it for long enough; nobody is harmed by being looked at
-- early or twice. Returns for each the revision of the change, or false: each once, whoever sweeps.
-- KEYS: the shard's due set, then the room of each. ARGV: typing ms, then room and user of each.

local due, typing_ms = KEYS[1], tonumber(ARGV[1])
local now = now_ms()

local function sweep(key, room, user)
  local until_ms = redis.call('ZSCORE', due, room .. '|' .. user)
  if not until_ms or tonumber(until_ms) > now then
    return false
  end
  local at, _, rev = typist(redis.call('HGET', key, user))
  rev = next_rev(rev)
  hold(key, due, room, user, false, at, rev, now, typing_ms)
  return rev
end

local revisions = {}
for i = 2, #KEYS do
  revisions[i - 1] = sweep(KEYS[i], ARGV[2 * i - 2], ARGV[2 * i - 1])
end
return revisions
