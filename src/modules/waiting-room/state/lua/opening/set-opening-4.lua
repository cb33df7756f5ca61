-- set-opening-4.lua: applies a queue's opening as the database has it. It is idempotent.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 when it opens (ms; 0: it is open)  9 1 when a draw is ahead  10 the cut that the database has
--       ('': none)  11 the draws that were made  12 when the database was asked (ms)
-- Returns {'state-lost'} when the state must be restored first, {'late'} when that is too long ago, else {'OK', the cut ('':
--         none), the draws in force}
-- @include ../include/common.lua
-- @include ../include/leaves.lua
-- @include ../include/registration.lua
local KEPT_LONGER_MS = 60000 -- as in users.lua
if lost() then return { 'state-lost' } end
-- A worker may stand still, or Redis, which does then what it was sent before: the queue must not open at a time that has
-- been put off meanwhile.
local LATE_MS = 5000
if math.abs(now - tonumber(ARGV[12])) > LATE_MS then return { 'late' } end

-- An opening that is put off makes tokens live longer, and so must what is known of their users: which entry each one has,
-- and which entries have ended. A piece by each call, in the order of the names of keys in the state.
local function keepLonger()
  local from = redis.call('HGET', KEYS[1], 'keepFrom')
  if not from then return end
  local lifeMs = tonumber(ARGV[6]) + math.max(0, opensAt - now) + KEPT_LONGER_MS
  local scan = redis.call('HSCAN', KEYS[1], from, 'MATCH', 'has:*', 'COUNT', PIECE)
  for i = 1, #scan[2], 2 do
    local key, untilMs = string.sub(scan[2][i], 5), tonumber(scan[2][i + 1])
    if untilMs < now + lifeMs and redis.call('PEXPIRE', prefix .. key, lifeMs) == 1 then mustHave(key, now + lifeMs) end
  end
  if scan[1] == '0' then redis.call('HDEL', KEYS[1], 'keepFrom') else redis.call('HSET', KEYS[1], 'keepFrom', scan[1]) end
end

local opens = tonumber(ARGV[8])
if opens > opensAt then redis.call('HSET', KEYS[1], 'keepFrom', 0) end
if opens > now and opensAt <= now then redis.call('HSET', KEYS[1], 'collectsSince', string.format('%.0f:%.0f', now, opensAt)) end
-- A queue whose opening is taken back opens now: the longest wait of those who have come counts from here.
if opens == 0 then opens = math.min(opensAt, now) end
opensAt, isDrawing = opens, ARGV[9] == '1'
redis.call('HSET', KEYS[1], 'opensAt', string.format('%.0f', opensAt))
keepLonger()
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
