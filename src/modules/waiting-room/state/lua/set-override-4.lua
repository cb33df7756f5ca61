-- set-override-4.lua: the operator's hand on the door; it stays until it is taken off.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 pause | resume | cap | rate | auto  9 the number, for cap and rate
-- Returns {'LOST'} when the state must be restored first, else {'OK'}
-- @include common.lua
if lost() then return { 'LOST' } end
local act = ARGV[8]
if act == 'pause' then redis.call('HSET', KEYS[1], 'paused', 1)
elseif act == 'resume' then redis.call('HDEL', KEYS[1], 'paused')
elseif act == 'limit' then redis.call('HSET', KEYS[1], 'overrideLimit', ARGV[9])
elseif act == 'rate' then redis.call('HSET', KEYS[1], 'overrideRate', ARGV[9])
else redis.call('HDEL', KEYS[1], 'overrideLimit', 'overrideRate') end
return { 'OK' }
