-- What the scripts about people share. Before it stand the names of fields, ENDED, LEFT and RANK,
-- made from the Python tables.

local function status_of(connection)
  return string.match(connection, '^[^|]*')
end

local function is_visible(connection)
  return connection ~= ENDED and RANK[status_of(connection)] ~= nil
end

-- A connection that broke: it counts for a little while, and no renewal brings it back.
local function lingers(connection)
  return string.match(connection, '[^|]*$') == LEFT
end

-- What somebody settled of how others see them: whether they hide, until when they say what (0:
-- without an end). Of whom nothing is known is hidden.
local function own_of(held)
  local hidden, until_ms, note = string.match(held or '', '^%d+|(%d)|(%d+)|(.*)$')
  return hidden ~= '0', tonumber(until_ms or 0), note or ''
end

-- Finds what the living connections add up to, remembers it, and says what changed for others.
-- Returns the living sessions, and {user, status, seen, rev, note} or nil. HGETALL leaves out what
-- ran out.
local function settle(key, user, now)
  local before, after, seen, rev, sessions = 'offline', 'offline', '', false, {}
  local noted, own = '', false
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == STATUS then
      before = value
    elseif name == SEEN then
      seen = value
    elseif name == REV then
      rev = value
    elseif name == NOTE then
      noted = value
    elseif name == OWN then
      own = value
    elseif string.sub(name, 1, 1) ~= '@' and value ~= ENDED then
      sessions[#sessions + 1] = name
      local status = status_of(value)
      if RANK[status] and (after == 'offline' or RANK[status] < RANK[after]) then
        after = status
      end
    end
  end
  local hidden, until_ms, note = own_of(own)
  if hidden or (until_ms > 0 and until_ms <= now) then
    note = ''
  end
  if hidden then
    after = 'offline'
  end
  -- Who hides was never here. Of whom nothing is known yet nothing is forgotten.
  local forgets = own and hidden and seen ~= ''
  if after == before and note == noted and not forgets then
    return sessions, nil
  end
  rev = next_rev(rev)
  redis.call('HSET', key, REV, rev)
  if forgets then
    seen = ''
    redis.call('HDEL', key, SEEN)
  end
  if after == 'offline' then
    redis.call('HDEL', key, STATUS)
  else
    redis.call('HSET', key, STATUS, after)
  end
  if note == '' then
    redis.call('HDEL', key, NOTE)
  else
    redis.call('HSET', key, NOTE, note)
  end
  return sessions, {user, after, seen, rev, note}
end
