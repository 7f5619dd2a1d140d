-- What the scripts share. Before it stand SEEN, STATUS, ENDED and RANK, made from the Python tables.

local function now_ms()
  -- Redis' own clock, so that replicas whose clocks differ agree about every lease.
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function milliseconds(number)
  return string.format('%.0f', number)
end

local function status_of(connection)
  return string.match(connection, '^[^|]*')
end

local function is_visible(connection)
  return connection ~= ENDED and RANK[status_of(connection)] ~= nil
end

-- Finds what the living connections add up to, remembers it, and says what changed for others.
-- Returns the living sessions, and {user, status, seen} or nil. HGETALL leaves out what ran out.
local function settle(key, user)
  local before, after, seen, sessions = 'offline', 'offline', '', {}
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == STATUS then
      before = value
    elseif name == SEEN then
      seen = value
    elseif value ~= ENDED then
      sessions[#sessions + 1] = name
      local status = status_of(value)
      if RANK[status] and (after == 'offline' or RANK[status] < RANK[after]) then
        after = status
      end
    end
  end
  if after == before then
    return sessions, nil
  elseif after == 'offline' then
    redis.call('HDEL', key, STATUS)
  else
    redis.call('HSET', key, STATUS, after)
  end
  return sessions, {user, after, seen}
end
