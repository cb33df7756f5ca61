-- admit-4.lua: the admission tick. Any replica may call it; within one tick only the first call has effect.
-- KEYS  1–4 see place.lua
-- ARGV  1–7 see place.lua  8 tick ms  9 most to admit in one call  10 1: count the waiters too
-- Returns {'LOST'} when the state must be restored first, else
--         {'OK', now ms, issued, serving, gen, inside, admitted in all, waiting or -1, admitted, ended, idle, {waits ms}}
-- @include place.lua
if lost() then return { 'LOST' } end
local admitted, ended, idle, waits = 0, 0, 0, {}

local ticked = tonumber(redis.call('HGET', KEYS[1], 'ticked')) or 0
-- A clock that stepped back must not stop admission: a tick "in the future" counts as past.
if now - ticked >= tonumber(ARGV[8]) * 0.9 or ticked > now then
  redis.call('HSET', KEYS[1], 'ticked', now)
  ended, idle = dropPast()
  admitted, waits = admitNext(tonumber(ARGV[9]))
  if admitted > 0 then -- arrivals before those served are of no more use
    local oldest = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', serving, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if oldest[2] then redis.call('ZREMRANGEBYSCORE', prefix .. 'arrivals', '-inf', '(' .. oldest[2]) end
  end
end

local waiting = -1
if ARGV[10] == '1' then waiting = redis.call('ZCARD', KEYS[4]) + countPresent(serving, issued) end
return {
  'OK', now, issued, serving, gen, redis.call('ZCARD', KEYS[2]), admittedTotal, waiting, admitted, ended, idle, waits,
}
