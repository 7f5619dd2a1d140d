-- Takes what others were not told yet of these people as told: by the one replica that asked first.
-- KEYS: the people. ARGV: their users. Returns {user, status, seen, rev, note} of each whom others
-- know otherwise.

local people = {}
for i, key in ipairs(KEYS) do
  local held = redis.call('HMGET', key, STATUS, SEEN, REV, TOLD, NOTE)
  local status, seen, rev, note = held[1] or 'offline', held[2] or '', held[3], held[5] or ''
  -- When somebody was last seen is shown of those who are gone, so it counts only there.
  local told = table.concat({status, status == 'offline' and seen or '', note}, '|')
  if rev and told ~= held[4] then
    redis.call('HSET', key, TOLD, told)
    people[#people + 1] = {ARGV[i], status, seen, rev, note}
  end
end
return people
