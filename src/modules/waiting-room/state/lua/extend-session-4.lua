-- extend-session-4.lua: users hold seats: a session lasts as long as its hold, and is not idle before the hold ends.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8… n times: seq, hold ms; 0: what was held is released, and the user is idle from now on
-- Returns {'state-lost'} when the state must be restored first, else {'OK', n times: deadline of the session (ms), 0 without
--         one}
-- @include include/common.lua
-- @include include/leaves.lua
-- @include include/ends.lua
-- @include include/sessions.lua
if lost() then return { 'state-lost' } end
local reply = { 'OK' }

local function extend(seq, heldUntil)
  local deadline = sessionDeadline(seq)
  if deadline == nil then return 0 end
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
  return math.max(deadline, heldUntil)
end

for i = 8, #ARGV, 2 do reply[#reply + 1] = extend(tonumber(ARGV[i]), now + tonumber(ARGV[i + 1])) end
appendLeaves()
return reply
