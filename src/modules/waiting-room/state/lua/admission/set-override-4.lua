-- set-override-4.lua: sets the operator's override; it stays until an operator takes it off.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 pause | resume | limit | rate | auto  9 the number, for limit and rate
--       10… overrides, as '<limit>/<rate>/<paused>', of which the operator has seen one; none: the command holds
--       whatever it is
-- Returns {'state-lost'} when the state must be restored first, else {outcome, limit, rate, paused}: the override before,
--         '' for what was not set. Outcome: 'DONE', 'UNCHANGED' when it was so already, 'CHANGED' when it is not the one
--         that the operator has seen, and nothing was done
-- @include ../include/common.lua
-- @include ../include/leaves.lua
if lost() then return { 'state-lost' } end
local command = ARGV[8]
redis.call('HDEL', KEYS[1], 'limitsUnknownAt') -- what the operator says now holds, not what a process may still bring
local set = redis.call('HMGET', KEYS[1], 'overrideLimit', 'overrideRate', 'paused')
local before = { set[1] or '', set[2] or '', set[3] or '' }
local after = { before[1], before[2], before[3] }
if command == 'pause' then after[3] = '1'
elseif command == 'resume' then after[3] = ''
elseif command == 'limit' then after[1] = ARGV[9]
elseif command == 'rate' then after[2] = ARGV[9]
else after[1], after[2] = '', '' end

local function answer(outcome)
  return { outcome, before[1], before[2], before[3] }
end
local was = table.concat(before, '/')
if was == table.concat(after, '/') then return answer('UNCHANGED') end
local isExpected = not ARGV[10]
for i = 10, #ARGV do isExpected = isExpected or ARGV[i] == was end
if not isExpected then return answer('CHANGED') end
addLeaf('command', '%s %s', command, (command == 'limit' or command == 'rate') and ARGV[9] or '-')
appendLeaves()
for i, field in ipairs({ 'overrideLimit', 'overrideRate', 'paused' }) do
  if after[i] == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, after[i]) end
end
return answer('DONE')
