-- admit-4.lua: the admission tick. Any replica may call it; within one tick only the first call has effect.
-- KEYS  1–4 see place.lua
-- ARGV  1–7 see place.lua  8 tick ms  9 most to admit in one call
-- Returns {'LOST'} when the state must be restored first, else
--         {'OK', how many places leases ended, how many idleness, {seqs admitted}, {waits ms}}
-- @include place.lua
if lost() then return { 'LOST' } end

-- A clock that stepped back must not stop admission: a tick "in the future" counts as past.
local ticked = tonumber(redis.call('HGET', KEYS[1], 'ticked')) or 0
if ticked <= now and now - ticked < tonumber(ARGV[8]) * 0.9 then return { 'OK', 0, 0, {}, {} } end
redis.call('HSET', KEYS[1], 'ticked', now)

rotateEpoch()
local ended, idle = dropPast()
local admitted, waits = admitNext(tonumber(ARGV[9]))
if #admitted > 0 then -- arrivals before those served are of no more use
  local oldest = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', serving, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if oldest[2] then redis.call('ZREMRANGEBYSCORE', prefix .. 'arrivals', '-inf', '(' .. oldest[2]) end
end
redis.call('ZREMRANGEBYRANK', prefix .. 'log', 0, -LOG_LENGTH - 1)
return { 'OK', ended, idle, admitted, waits }
