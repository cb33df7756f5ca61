-- settle-4.lua: what became of a token; being asked makes its waiter present and its visitor active.
-- KEYS  1–4 see place.lua
-- ARGV  1–7 see place.lua  8 seq  9 gen of the token  10 until when (ms) it may wait
-- Returns {'LOST'} when the state must be restored first, {'UNKNOWN'} when this queue never issued it, else
--         {status, position (0 unless waiting), lease deadline ms (0 unless inside), now ms}
--         status: WAITING | PROGRESS | DONE | EXPIRED
-- @include place.lua
local seq, itsGen, waitUntil = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
if lost() then return { 'LOST' } end
if itsGen > gen or itsGen < gen - gen % LIFE then return { 'UNKNOWN' } end -- yet to come, or of an earlier history
if seq > issued then return { 'LOST' } end -- a genuine token proves that its seq was issued

local deadline = leaseOf(seq)
if deadline then
  if idleMs > 0 then redis.call('ZADD', KEYS[3], 'GT', now + idleMs, seq) end
  return { 'PROGRESS', 0, deadline, now }
end
if hasEnded('done', seq) then return { 'DONE', 0, 0, now } end
if hasEnded('expired', seq) then return { 'EXPIRED', 0, 0, now } end
if now >= waitUntil then
  redis.call('ZREM', KEYS[4], seq)
  markEnded('expired', seq)
  return { 'EXPIRED', 0, 0, now }
end

markPresent(seq)
if seq > serving then
  return { 'WAITING', redis.call('ZCARD', KEYS[4]) + countPresent(serving, seq - 1) + 1, 0, now }
end
-- Passed over, and back: in at the next free place, in order of seq among those who came back.
redis.call('ZADD', KEYS[4], seq, seq)
local ahead = redis.call('ZRANK', KEYS[4], seq)
if ahead == 0 and freePlaces() > 0 then
  redis.call('ZREM', KEYS[4], seq)
  enter(seq)
  return { 'PROGRESS', 0, now + leaseMs, now }
end
return { 'WAITING', ahead + 1, 0, now }
