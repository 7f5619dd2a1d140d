-- Lets one owner use some of a limit, and counts it; the same sum as in `window.py`.
-- KEYS: the owner's use, a hash of slice to amount.
-- ARGV: count, window in microseconds, slices, amount, and 1 if it was used already, allowed or not.
-- Returns how much is allowed, how much is left then, and after how many ms there is more (or 0).

local count, window, amount = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local slice = window / tonumber(ARGV[3])
-- The server's own clock, so that processes whose clocks differ count the same.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local first = math.floor((now - window) / slice)

local living, used = {}, 0
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local begun = tonumber(fields[i])
  if begun < first then
    redis.call('HDEL', KEYS[1], fields[i])
  else
    living[#living + 1] = begun
    used = used + tonumber(fields[i + 1])
  end
end

local allowed = amount
if ARGV[5] ~= '1' then
  allowed = math.min(amount, math.max(0, count - used))
end
if allowed > 0 then
  local current = math.floor(now / slice)
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', current), allowed)
  redis.call('PEXPIRE', KEYS[1], math.ceil((window + 2 * slice) / 1000))
  used = used + allowed
  if living[#living] ~= current then
    living[#living + 1] = current
  end
end

local wait = 0
if used >= count then
  table.sort(living)
  local missing = used + 1 - count
  for _, begun in ipairs(living) do
    missing = missing - tonumber(redis.call('HGET', KEYS[1], string.format('%.0f', begun)))
    if missing <= 0 then
      wait = math.max(1, math.ceil(((begun + 1) * slice + window - now) / 1000))
      break
    end
  end
end
return {allowed, math.max(0, count - used), wait}
