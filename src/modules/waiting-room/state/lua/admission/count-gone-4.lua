-- count-gone-4.lua: how many of some active users count as gone, because they have sent no request for a while.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 time (ms) without a request after which an active user counts as gone  9 what the call for an
--       earlier piece of the list has answered; 0: this is the first  10… their seqs
-- Returns {'state-lost'} when the state must be restored first, else
--         {'OK', idle deadline up to which a user counts as gone (ms), how many of these do}
-- @include ../include/common.lua
if lost() then return { 'state-lost' } end
local goneUntil, gone = tonumber(ARGV[9]), 0
if goneUntil == 0 then goneUntil = now + idleMs - tonumber(ARGV[8]) end
if idleMs > 0 then
  for i = 10, #ARGV do
    local idleAt = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[i]))
    if idleAt and idleAt <= goneUntil then gone = gone + 1 end
  end
end
return { 'OK', goneUntil, gone }
