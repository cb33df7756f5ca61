-- admit-up-to-4.lua: how many may have been admitted in all, so that each finds a seat.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 the highest number of admissions since the state was made; -1: seats limit nothing
--       9 for how long (ms) this is known; 0: until it is said otherwise
-- Returns {'state-lost'} when the state must be restored first, else {'OK'}
-- @include ../include/common.lua
if lost() then return { 'state-lost' } end
if ARGV[8] == '-1' then
  redis.call('HDEL', KEYS[1], 'admitUpTo', 'admitUpToUntil')
else
  local knownUntil = ARGV[9] == '0' and 0 or now + tonumber(ARGV[9])
  redis.call('HSET', KEYS[1], 'admitUpTo', ARGV[8], 'admitUpToUntil', string.format('%.0f', knownUntil))
end
return { 'OK' }
