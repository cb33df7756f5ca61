-- hand-4.lua: the operator's hand on the door; it stays until it is taken off.
-- KEYS  1–4 see place.lua
-- ARGV  1–7 see place.lua  8 pause | resume | cap | rate | auto  9 the number, for cap and rate
-- Returns {'LOST'} when the state must be restored first, else {'OK'}
-- @include place.lua
if lost() then return { 'LOST' } end
local act = ARGV[8]
if act == 'pause' then redis.call('HSET', KEYS[1], 'paused', 1)
elseif act == 'resume' then redis.call('HDEL', KEYS[1], 'paused')
elseif act == 'cap' then redis.call('HSET', KEYS[1], 'handCap', ARGV[9])
elseif act == 'rate' then redis.call('HSET', KEYS[1], 'handRate', ARGV[9])
else redis.call('HDEL', KEYS[1], 'handCap', 'handRate') end
return { 'OK' }
