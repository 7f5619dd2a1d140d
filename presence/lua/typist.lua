-- What the scripts about typing share: one who types is a field of their room.

-- Returns at ms, whether they type, and the revision; nobody is one who never typed.
local function typist(held)
  if not held then
    return 0, false, false
  end
  local at, active, rev = string.match(held, '^(%d+)|(%d)|(%d+)$')
  return tonumber(at), active == '1', rev
end

-- Holds one who types until they are swept, and one who ended as long as a late call may come.
local function hold(key, due, room, user, is_active, at, rev, now, typing_ms)
  local active = is_active and '1' or '0'
  -- This also takes away the short life of one who ended.
  redis.call('HSET', key, user, digits(at) .. '|' .. active .. '|' .. (rev or '0'))
  if is_active then
    redis.call('ZADD', due, digits(now + typing_ms), room .. '|' .. user)
  else
    redis.call('HPEXPIRE', key, typing_ms, 'FIELDS', 1, user)
    redis.call('ZREM', due, room .. '|' .. user)
  end
end
