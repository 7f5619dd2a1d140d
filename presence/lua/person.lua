-- What the scripts about people share. Before it stand the names of fields, ENDED and RANK, made
-- from the Python tables.

local function status_of(connection)
  return string.match(connection, '^[^|]*')
end

local function is_visible(connection)
  return connection ~= ENDED and RANK[status_of(connection)] ~= nil
end

-- Finds what the living connections add up to, remembers it, and says what changed for others.
-- Returns the living sessions, and {user, status, seen, rev} or nil. HGETALL leaves out what ran
-- out.
local function settle(key, user)
  local before, after, seen, rev, sessions = 'offline', 'offline', '', false, {}
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == STATUS then
      before = value
    elseif name == SEEN then
      seen = value
    elseif name == REV then
      rev = value
    elseif name ~= TOLD and value ~= ENDED then
      sessions[#sessions + 1] = name
      local status = status_of(value)
      if RANK[status] and (after == 'offline' or RANK[status] < RANK[after]) then
        after = status
      end
    end
  end
  if after == before then
    return sessions, nil
  end
  rev = next_rev(rev)
  redis.call('HSET', key, REV, rev)
  if after == 'offline' then
    redis.call('HDEL', key, STATUS)
  else
    redis.call('HSET', key, STATUS, after)
  end
  return sessions, {user, after, seen, rev}
end
