-- set-override-4.lua: sets the operator's override; it stays until an operator takes it off.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 pause | resume | limit | rate | auto  9 the number, for limit and rate
-- Returns {'state-lost'} when the state must be restored first, else {'OK'}
-- @include ../include/common.lua
-- @include ../include/leaves.lua
if lost() then return { 'state-lost' } end
local command = ARGV[8]
addLeaf('command', '%s %s', command, (command == 'limit' or command == 'rate') and ARGV[9] or '-')
appendLeaves()
if command == 'pause' then redis.call('HSET', KEYS[1], 'paused', 1)
elseif command == 'resume' then redis.call('HDEL', KEYS[1], 'paused')
elseif command == 'limit' then redis.call('HSET', KEYS[1], 'overrideLimit', ARGV[9])
elseif command == 'rate' then redis.call('HSET', KEYS[1], 'overrideRate', ARGV[9])
else redis.call('HDEL', KEYS[1], 'overrideLimit', 'overrideRate') end
return { 'OK' }
