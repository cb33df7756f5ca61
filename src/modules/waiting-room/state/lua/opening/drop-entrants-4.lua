-- drop-entrants-4.lua: forgets the oldest of those who take part in a draw, when they are written down. A worker that was
-- late forgets nobody: another one has forgotten these meanwhile, and others have come to their places.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 how many are written down  9 the last of them, as the list has it
-- Returns 1, or 0 when the last of them is not where it was
-- @include ../include/common.lua
local key, count = prefix .. 'entrants', tonumber(ARGV[8])
if redis.call('LINDEX', key, count - 1) ~= ARGV[9] then return 0 end
redis.call('LTRIM', key, count, -1)
return 1
