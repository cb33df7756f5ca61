-- admit-4.lua: the admission tick. Any replica may call it; within one tick only the first call has effect.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 tick ms  9 most to admit in one call
-- Returns {'LOST'} when the state must be restored first, else
--         {'OK', how many places leases ended, how many idleness, {seqs admitted}, {waits ms}}
-- @include common.lua
if lost() then return { 'LOST' } end

-- A clock that stepped back must not stop admission: a tick "in the future" counts as past.
if ticked <= now and now - ticked < tonumber(ARGV[8]) * 0.9 then return { 'OK', 0, 0, {}, {} } end
redis.call('HSET', KEYS[1], 'lastTickAt', now)
local before = ticked
ticked = now

-- Nobody ticked for a while: no process could tell whom it has seen, what holds were made, so nobody is
-- idle or away, and no session past, before it does.
local silentMs = now - before
if before > 0 and silentMs > math.max(HEARD_AGAIN_MS, 3 * tonumber(ARGV[8])) then
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now + HEARD_AGAIN_MS)) do
    redis.call('ZADD', KEYS[3], 'GT', now + HEARD_AGAIN_MS, seq)
  end
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now + HEARD_AGAIN_MS)) do
    remember('holding', 'GT', seq, now + HEARD_AGAIN_MS)
  end
  redis.call('HSET', KEYS[1], 'epochAt', now)
end

rotateEpoch()
local ended, idle = dropPast()
local admitted, waits = admitNext(tonumber(ARGV[9]))
-- As many as one call may: the next call goes on at once, whoever makes it.
if #admitted == tonumber(ARGV[9]) then redis.call('HSET', KEYS[1], 'lastTickAt', now - tonumber(ARGV[8])) end
if #admitted > 0 then -- arrivals before those served are of no more use
  local oldest = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', serving, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if oldest[2] then redis.call('ZREMRANGEBYSCORE', prefix .. 'arrivals', '-inf', '(' .. oldest[2]) end
end
redis.call('ZREMRANGEBYRANK', prefix .. 'log', 0, -LOG_LENGTH - 1)
return { 'OK', ended, idle, admitted, waits }
