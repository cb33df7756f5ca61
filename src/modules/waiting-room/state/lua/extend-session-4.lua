-- extend-session-4.lua: a user holds a seat: its session lasts as long as the hold, and it is not idle before the hold ends.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 seq  9 hold ms
-- Returns {'LOST'} when the state must be restored first, else {'OK', the session's deadline ms, 0 when it has none}
-- @include common.lua
if lost() then return { 'LOST' } end
local seq, heldUntil = tonumber(ARGV[8]), now + tonumber(ARGV[9])
local lease = leaseOf(seq)
if lease == nil then return { 'OK', 0 } end
if heldUntil > lease then
  remember('extended', 'NX', seq, lease) -- the session's own deadline, however often it is prolonged
  setLease(seq, heldUntil)
end
if idleMs > 0 then redis.call('ZADD', KEYS[3], 'GT', heldUntil, seq) end
return { 'OK', math.max(lease, heldUntil) }
