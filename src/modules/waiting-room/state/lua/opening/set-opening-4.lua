-- set-opening-4.lua: applies a queue's opening as the database has it. It is idempotent.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 when it opens (ms; 0: it is open)  9 1 when a draw is ahead  10 the cut that the database has
--       ('': none)  11 the draws that were made  12 when the database was asked (ms)
-- Returns {'state-lost'} when the state must be restored first, {'late'} when that is too long ago, else {'OK', the cut ('':
--         none), the draws in force}
-- @include ../include/common.lua
-- @include ../include/leaves.lua
-- @include ../include/registration.lua
if lost() then return { 'state-lost' } end
-- A worker may stand still, or Redis, which does then what it was sent before: the queue must not open at a time that has
-- been put off meanwhile.
local LATE_MS = 5000
if math.abs(now - tonumber(ARGV[12])) > LATE_MS then return { 'late' } end
opensAt, isDrawing = tonumber(ARGV[8]), ARGV[9] == '1'
redis.call('HSET', KEYS[1], 'opensAt', ARGV[8])
-- A worker may have ended between the draw and the row that says so: then the state is ahead.
local isAhead = #draws > #ARGV[11] and string.sub(draws, 1, #ARGV[11]) == ARGV[11]
if not isAhead and draws ~= ARGV[11] then
  draws = ARGV[11]
  redis.call('HSET', KEYS[1], 'draws', draws)
end
if isAhead or not isDrawing then
  redis.call('HDEL', KEYS[1], 'drawing', 'cut')
  return { 'OK', '', draws }
end
redis.call('HSET', KEYS[1], 'drawing', 1)
if ARGV[10] ~= '' and cut ~= ARGV[10] then
  cut = ARGV[10]
  redis.call('HSET', KEYS[1], 'cut', cut)
end
closeRegistration()
appendLeaves()
return { 'OK', cut or '', draws }
