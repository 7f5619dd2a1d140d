-- What is held to be so of each person, as it was found last. Changes nothing.
-- KEYS: the shard's since, then the people. ARGV: lease ms, then their users.
-- Returns {user, status, seen, rev, note} of each.

-- A shard that has remembered for a lease knows everybody who is here: whoever it does not know is
-- gone since then, whatever it said of them before it lost its memory.
local unknown, since = '0', redis.call('GET', KEYS[1])
if since and now_us() - tonumber(since) > tonumber(ARGV[1]) * 1000 then
  unknown = since
end

local people = {}
for i = 2, #KEYS do
  local held = redis.call('HMGET', KEYS[i], STATUS, SEEN, REV, NOTE)
  people[i - 1] = {ARGV[i], held[1] or 'offline', held[2] or '', held[3] or unknown, held[4] or ''}
end
return people
