-- admit-up-to-4.lua: sets how many more users may be admitted so that each finds a seat.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 users for whom there are seats, those among them who are active and hold none; -1: seats
--       limit nothing  9 how long (ms) this holds; 0: until the next call
--       10–12 gen, admitted and active of the queue before holders and then seats were counted  13 active users who hold
--       seats  14, 15 what count-gone-4.lua has answered for those holders who may be gone
-- Returns {'state-lost'} when the state must be restored first, else {'OK', active users who hold nothing and are not gone}
--
-- A user who takes a seat or pays while the others are counted is in the older of two counts, so the error is a user who
-- is admitted a moment later, and never one who finds no seat. So it is with a holder who is back since count-gone-4.lua:
-- an idle deadline only becomes later.
-- @include ../include/common.lua
if lost() then return { 'state-lost' } end
local users, lifeMs = tonumber(ARGV[8]), tonumber(ARGV[9])
local isSameState = tonumber(ARGV[10]) == gen
local admitted = isSameState and tonumber(ARGV[11]) or tonumber(redis.call('HGET', KEYS[1], 'admitted')) or 0
local active = isSameState and tonumber(ARGV[12]) or redis.call('ZCARD', KEYS[2])

local gone = idleMs > 0 and redis.call('ZCOUNT', KEYS[3], '-inf', ARGV[14]) or 0
gone = math.max(0, gone - tonumber(ARGV[15])) -- holders are subtracted already
local undecided = math.max(0, active - gone - tonumber(ARGV[13]))
if users < 0 then
  redis.call('HDEL', KEYS[1], 'admitUpTo', 'admitUpToUntil')
else
  local knownUntil = lifeMs == 0 and 0 or now + lifeMs
  redis.call('HSET', KEYS[1], 'admitUpTo', admitted + math.max(0, users - undecided), 'admitUpToUntil', string.format('%.0f', knownUntil))
end
return { 'OK', undecided }
