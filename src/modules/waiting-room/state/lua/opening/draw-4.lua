-- draw-4.lua: puts a draw in force: in one step all who take part get their new numbers, and users who are present, or have
-- expired, are so under the new one. It is idempotent.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 all draws, this one last  9 last seq that takes part  10 number of bitmaps of present entries n
--       11… n times: segment, first byte, bits to be set (from that byte on)  then the same of expired entries
-- Returns {'state-lost'} when the state must be restored first, else {'OK'}
-- @include ../include/common.lua
-- @include ../include/leaves.lua
-- @include ../include/presence.lua
-- @include ../include/ends.lua
if lost() then return { 'state-lost' } end
if string.sub(draws, 1, #ARGV[8]) == ARGV[8] then return { 'OK' } end -- another worker's, perhaps with later ones
local last, presentUpTo = tonumber(ARGV[9]), 10 + 3 * tonumber(ARGV[10])
local bits = prefix .. 'drawn'

local function merge(key, i)
  redis.call('SETRANGE', bits, ARGV[i + 1], ARGV[i + 2])
  redis.call('BITOP', 'OR', prefix .. key, prefix .. key, bits)
  redis.call('DEL', bits)
  redis.call('PEXPIRE', prefix .. key, tokenMs)
end

for i = 11, #ARGV, 3 do
  if i <= presentUpTo then checkPresence(tonumber(ARGV[i])) else checkBefore('expired:' .. ARGV[i]) end
end
if isLost then return { 'state-lost' } end

for i = 11, #ARGV, 3 do
  local segment = tonumber(ARGV[i])
  if i <= presentUpTo then
    merge('present:' .. epoch .. ':' .. ARGV[i], i)
    presenceChanged(segment)
  else
    merge('expired:' .. ARGV[i], i)
    mustHave('expired:' .. ARGV[i], now + tokenMs)
  end
end
if last > headSeq then setHead(last) end
local first, _, seed = string.match(ARGV[8], '(%d+):(%d+):(%x+)$')
addLeaf('draw', '%s %.0f %s', first, last, seed)
-- Nobody is admitted until every process has the new numbers.
redis.call('HSET', KEYS[1], 'draws', ARGV[8], 'frozenUntil', now + FREEZE_MS)
redis.call('HDEL', KEYS[1], 'drawing', 'cut')
appendLeaves()
return { 'OK' }
