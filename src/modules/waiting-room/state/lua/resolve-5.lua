-- resolve-5.lua: what became of a token; being asked makes its waiter present and its visitor active.
-- KEYS  1–4 see common.lua  5 the users' live places, see issue-5.lua
-- ARGV  1–7 see common.lua  8 seq  9 gen of the token  10 until when (ms) it may wait
--       11 0, or when a hold is to be made, within how long (ms) it will be  12 how long a hold lasts ms
--       13 user  14 longest wait ms
-- Returns {'LOST'} when the state must be restored first, {'UNKNOWN'} when this queue never issued it, else
--         {status, position (0 unless waiting), lease deadline ms (0 unless inside), now ms, 1 if it may hold more}
--         status: WAITING | PROGRESS | DONE | EXPIRED
-- @include common.lua
local seq, itsGen, waitUntil = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
if lost() then return { 'LOST' } end
if itsGen > gen or itsGen < gen - gen % LIFE then return { 'UNKNOWN' } end -- yet to come, or of an earlier history
if seq > issued then return { 'LOST' } end -- a genuine token proves that its seq was issued
if hasLostEnds(seq) then
  declareLost()
  return { 'LOST' }
end

local function isUsers()
  return register(KEYS[5], ARGV[13], seq, itsGen, waitUntil - tonumber(ARGV[14]), tonumber(ARGV[14]))
end

local deadline = leaseOf(seq)
if deadline then
  if not isUsers() then return { 'EXPIRED', 0, 0, now, 0 } end
  local holdingMs, mayHold = tonumber(ARGV[11]), 1
  if holdingMs > 0 then
    if deadline <= now then return { 'EXPIRED', 0, 0, now, 0 } end -- an earlier hold under way is all that keeps it open
    if now >= (recall('extended', seq) or deadline) + tonumber(ARGV[12]) then mayHold = 0 end
    if mayHold == 1 and deadline - now < holdingMs then remember('holding', 'GT', seq, now + holdingMs) end
  end
  if idleMs > 0 then redis.call('ZADD', KEYS[3], 'GT', now + math.max(idleMs, holdingMs), seq) end
  return { 'PROGRESS', 0, deadline, now, mayHold }
end
if hasEnded('done', seq) then return { 'DONE', 0, 0, now, 0 } end
if hasEnded('expired', seq) then return { 'EXPIRED', 0, 0, now, 0 } end
if now >= waitUntil or hasMissedDeadline(seq) then
  redis.call('ZREM', KEYS[4], seq)
  markEnded('expired', seq)
  return { 'EXPIRED', 0, 0, now, 0 }
end

if not isUsers() then return { 'EXPIRED', 0, 0, now, 0 } end
markPresent(seq)
if seq > serving then
  return { 'WAITING', redis.call('ZCARD', KEYS[4]) + countPresent(serving, seq - 1) + 1, 0, now, 0 }
end
-- Passed over, and back: in at the next free place, in order of seq among those who came back.
redis.call('ZADD', KEYS[4], seq, seq)
local ahead = redis.call('ZRANK', KEYS[4], seq)
if ahead == 0 and freePlaces() > 0 then
  redis.call('ZREM', KEYS[4], seq)
  return { 'PROGRESS', 0, enter(seq), now, 1 }
end
return { 'WAITING', ahead + 1, 0, now, 0 }
