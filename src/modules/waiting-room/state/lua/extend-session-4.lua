-- extend-session-4.lua: a user holds a seat: the session lasts as long as the hold, and is not idle before the hold ends.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 seq  9 hold ms; 0: what was held is released, and the user is
--       idle from now on
-- Returns {'state-lost'} when the state must be restored first, else {'OK', deadline of the session (ms), 0 without one}
-- @include include/common.lua
-- @include include/leaves.lua
-- @include include/ends.lua
-- @include include/sessions.lua
if lost() then return { 'state-lost' } end
local seq, heldUntil = tonumber(ARGV[8]), now + tonumber(ARGV[9])
local deadline = sessionDeadline(seq)
appendLeaves()
if deadline == nil then return { 'OK', 0 } end
if heldUntil > deadline then
  storeTime('extended', 'NX', seq, deadline) -- the session's original deadline, however often it is prolonged
  setDeadline(seq, heldUntil)
end
if idleMs > 0 then
  if heldUntil == now then
    redis.call('ZADD', KEYS[3], 'XX', now + idleMs, seq)
  else
    redis.call('ZADD', KEYS[3], 'GT', heldUntil, seq)
  end
end
return { 'OK', math.max(deadline, heldUntil) }
