-- resolve-5.lua: the status of a token. The call counts as a poll: a waiting user is present by it, an active user is not
-- idle.
-- KEYS  1–4 see common.lua  5 users, see issue-5.lua
-- ARGV  1–7 see common.lua  8 seq  9 gen of the token  10 until when (ms) it may wait
--       11 0, or when a hold is to be made, within how long (ms) it will be  12 how long a hold lasts ms
--       13 user  14 longest wait ms
-- Returns {'state-lost'} when the state must be restored first, {'not-issued-here'} when this queue never issued it, else
--         {status, position (0 unless waiting), deadline of the session (ms, 0 unless active), now ms, 1 if it may hold more}
--         status: WAITING | PROGRESS | DONE | EXPIRED
-- @include include/common.lua
-- @include include/limits.lua
-- @include include/presence.lua
-- @include include/ends.lua
-- @include include/sessions.lua
-- @include include/enter.lua
-- @include include/users.lua
local seq, entryGen, waitUntil = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
if lost() then return { 'state-lost' } end
if entryGen > gen or entryGen < firstGen() then return { 'not-issued-here' } end -- a later generation, or an earlier history
if seq > issued then return { 'state-lost' } end -- a genuine token proves that its seq was issued
if hasLostEnds(seq) then
  declareLost()
  return { 'state-lost' }
end

local EXPIRED = { 'EXPIRED', 0, 0, now, 0 }

local function isUsersEntry()
  return register(KEYS[5], ARGV[13], seq, entryGen, waitUntil - tonumber(ARGV[14]), tonumber(ARGV[14]))
end

local deadline = sessionDeadline(seq)
if deadline then
  if not isUsersEntry() then return EXPIRED end
  local holdingMs, mayHold = tonumber(ARGV[11]), 1
  if holdingMs > 0 then
    if deadline <= now then return EXPIRED end -- only an earlier hold that is being made keeps the session open
    if now >= (readTime('extended', seq) or deadline) + tonumber(ARGV[12]) then mayHold = 0 end
    if mayHold == 1 and deadline - now < holdingMs then storeTime('holding', 'GT', seq, now + holdingMs) end
  end
  if idleMs > 0 then redis.call('ZADD', KEYS[3], 'GT', now + math.max(idleMs, holdingMs), seq) end
  return { 'PROGRESS', 0, deadline, now, mayHold }
end
if hasEnded('done', seq) then return { 'DONE', 0, 0, now, 0 } end
if hasEnded('expired', seq) then return EXPIRED end
if now >= waitUntil or hasMissedDeadline(seq) then
  redis.call('ZREM', KEYS[4], seq)
  markEnded('expired', seq)
  return EXPIRED
end

if not isUsersEntry() then return EXPIRED end
markPresent(seq)
if seq > headSeq then
  return { 'WAITING', redis.call('ZCARD', KEYS[4]) + countPresent(headSeq, seq - 1) + 1, 0, now, 0 }
end
-- The entry was passed over and rejoins: it is admitted to the next free session, in order of seq among the rejoined.
redis.call('ZADD', KEYS[4], seq, seq)
local ahead = redis.call('ZRANK', KEYS[4], seq)
if ahead == 0 and freeSessions() > 0 then
  redis.call('ZREM', KEYS[4], seq)
  return { 'PROGRESS', 0, enter(seq), now, 1 }
end
return { 'WAITING', ahead + 1, 0, now, 0 }
