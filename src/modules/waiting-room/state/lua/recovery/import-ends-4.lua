-- import-ends-4.lua: brings one piece of the ended sessions, before prepare-4.lua and restore-4.lua, or to a state that another
-- process has restored. It only adds.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 name of the attempt to restore  9 number of this piece, from 1; 0: of no attempt
--       10 done | expired
--       11… n times: segment, first byte, bits to be set (from that byte on)
-- Returns 1, or 0 when an earlier piece of the attempt is gone: Redis has lost its state again.
-- @include ../include/common.lua
-- @include attempt.lua
if ARGV[9] ~= '0' and not countPiece(ARGV[8], tonumber(ARGV[9])) then return 0 end
local ends = prefix .. 'ends'
for i = 11, #ARGV, 3 do
  local key = prefix .. ARGV[10] .. ':' .. ARGV[i]
  redis.call('SETRANGE', ends, ARGV[i + 1], ARGV[i + 2])
  redis.call('BITOP', 'OR', key, key, ends)
  redis.call('DEL', ends)
  redis.call('PEXPIRE', key, tokenMs)
  mustHave(ARGV[10] .. ':' .. ARGV[i], now + tokenMs)
end
return 1
