-- apply-decision-4.lua: puts a decision of the controller in force, unless a later one has been made meanwhile.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 when report-load-4.lua gave the turn to decide (ms)  9 limit  10 rate
--       11 '<action>:<bottleneck>'  12 controller state (JSON)
-- Returns {'state-lost'} when the state must be restored first, {'LATE'}, or {'OK'}
-- @include ../include/common.lua
-- @include ../include/leaves.lua
if lost() then return { 'state-lost' } end
if redis.call('HGET', KEYS[1], 'lastDecisionAt') ~= ARGV[8] then return { 'LATE' } end
local before = redis.call('HMGET', KEYS[1], 'autoLimit', 'autoRate')
if before[1] ~= ARGV[9] or before[2] ~= ARGV[10] then
  addLeaf('decision', '%s %s %s', ARGV[9], ARGV[10], ARGV[11])
  appendLeaves()
end
redis.call('HSET', KEYS[1], 'autoLimit', ARGV[9], 'autoRate', ARGV[10], 'lastDecision', ARGV[11], 'controllerState', ARGV[12])
return { 'OK' }
