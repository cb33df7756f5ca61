-- admit-up-to-4.lua: sets how many more users may be admitted so that each finds a seat.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 users for whom there are seats, those among them who are active and hold none; -1: seats
--       limit nothing  9 how long (ms) this holds; 0: until the next call  10 active users who hold seats
--       11 time (ms) without a request after which an active user counts as gone
-- Returns {'state-lost'} when the state must be restored first, else {'OK', active users who hold nothing and are not gone}
-- @include ../include/common.lua
if lost() then return { 'state-lost' } end
local users, lifeMs = tonumber(ARGV[8]), tonumber(ARGV[9])
local gone = idleMs > 0 and redis.call('ZCOUNT', KEYS[3], '-inf', now + idleMs - tonumber(ARGV[11])) or 0
local undecided = math.max(0, redis.call('ZCARD', KEYS[2]) - gone - tonumber(ARGV[10]))
if users < 0 then
  redis.call('HDEL', KEYS[1], 'admitUpTo', 'admitUpToUntil')
else
  local admitted = tonumber(redis.call('HGET', KEYS[1], 'admitted')) or 0
  local knownUntil = lifeMs == 0 and 0 or now + lifeMs
  redis.call('HSET', KEYS[1], 'admitUpTo', admitted + math.max(0, users - undecided), 'admitUpToUntil', string.format('%.0f', knownUntil))
end
return { 'OK', undecided }
