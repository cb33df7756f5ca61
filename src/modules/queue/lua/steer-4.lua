-- steer-4.lua: puts a decision of the controller in force, unless a later one has been made meanwhile.
-- KEYS  1–4 see place.lua
-- ARGV  1–7 see place.lua  8 when report-4.lua asked for it (ms)  9 cap  10 rate  11 what is said of it  12 memory
-- Returns {'LOST'} when the state must be restored first, {'LATE'}, or {'OK'}
-- @include place.lua
if lost() then return { 'LOST' } end
if redis.call('HGET', KEYS[1], 'decided') ~= ARGV[8] then return { 'LATE' } end
redis.call('HSET', KEYS[1], 'cap', ARGV[9], 'rate', ARGV[10], 'said', ARGV[11], 'memory', ARGV[12])
return { 'OK' }
