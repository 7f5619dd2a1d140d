-- These people type, or do so no more. Idempotent: a call that is taken again changes nothing.
-- KEYS: the shard's due set, then the room of each call.
-- ARGV: typing ms, most people of a room, most ms a clock may be off; then room, user, 1 or 0, and
-- at ms of each call. Returns for each call the revision of the change, or why it is none.

local due, typing_ms, most, off_ms = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = now_ms()

local function take(key, room, user, is_active, at)
  if math.abs(at - now) > off_ms then
    at = now
  end
  local held = redis.call('HGET', key, user)
  local held_at, was_active, rev = typist(held)
  -- At the same moment an end comes after a beginning, whichever is heard first.
  if held and (at < held_at or (at == held_at and is_active)) then
    return 'stale'
  elseif not held and redis.call('HLEN', key) >= most then
    return 'full'
  end
  local outcome = 'repeated'
  if is_active ~= was_active then
    rev = next_rev(rev)
    outcome = rev
  end
  hold(key, due, room, user, is_active, at, rev, now, typing_ms)
  return outcome
end

local outcomes = {}
for i = 2, #KEYS do
  local a = 4 * i - 4
  outcomes[i - 1] = take(KEYS[i], ARGV[a], ARGV[a + 1], ARGV[a + 2] == '1', tonumber(ARGV[a + 3]))
end
return outcomes
