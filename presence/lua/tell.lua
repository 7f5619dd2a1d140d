-- Takes what others were not told yet of these people as told: by the one replica that asked first.
-- KEYS: the people. ARGV: their users. Returns {user, status, seen, rev} of each whom others know
-- otherwise.

local people = {}
for i, key in ipairs(KEYS) do
  local held = redis.call('HMGET', key, STATUS, SEEN, REV, TOLD)
  local status, seen, rev = held[1] or 'offline', held[2] or '', held[3]
  -- When somebody was last seen is shown of those who are gone, so it counts only there.
  local told = status == 'offline' and status .. '|' .. seen or status
  if rev and told ~= held[4] then
    redis.call('HSET', key, TOLD, told)
    people[#people + 1] = {ARGV[i], status, seen, rev}
  end
end
return people
