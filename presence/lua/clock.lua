-- What all scripts share: the time, and revisions made of it.

local function now_us()
  -- Redis' own clock, so that replicas whose clocks differ agree about every lease.
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function now_ms()
  return math.floor(now_us() / 1000)
end

-- Exact below 2^53; Lua's own writing of a number is not.
local function digits(number)
  return string.format('%.0f', number)
end

-- The revision after `rev` (text, or false): the time, so that a Redis that lost its memory goes on
-- above what it said before, and one more than `rev` where the clock was set back.
local function next_rev(rev)
  return digits(math.max((tonumber(rev or 0) or 0) + 1, now_us()))
end
