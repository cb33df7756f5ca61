-- stay-4.lua: a visitor who holds a seat is not idle until the hold ends.
-- KEYS  1–4 see place.lua
-- ARGV  1–7 see place.lua  8 seq  9 hold ms
-- Returns 1 when the visitor is inside, else 0.
-- @include place.lua
if lost() or not redis.call('ZSCORE', KEYS[2], ARGV[8]) then return 0 end
if idleMs > 0 then redis.call('ZADD', KEYS[3], 'GT', now + tonumber(ARGV[9]), ARGV[8]) end
return 1
