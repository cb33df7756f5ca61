-- report-load-4.lua: stores what a process has seen in the last second, and gives one caller a second the turn to decide.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 id of the process  9 its report (text)  10 ms between decisions  11 age (ms) from which on a
--       report does not count  12 time (ms) without a request after which an active user counts as inactive
-- Returns {'state-lost'} when the state must be restored first, {'OK'} when it is not the time to decide, else
--         {'DECIDE', when (ms), active, inactive, admitted in all, controller state or nil, {report, …}}
-- @include ../include/common.lua
if lost() then return { 'state-lost' } end
local reports = prefix .. 'reports'
redis.call('HSET', reports, ARGV[8], string.format('%.0f %s', now, ARGV[9]))
redis.call('PEXPIRE', reports, 10 * ARGV[11])

local decidedAt = tonumber(redis.call('HGET', KEYS[1], 'lastDecisionAt')) or 0
if decidedAt <= now and now - decidedAt < tonumber(ARGV[10]) then return { 'OK' } end
redis.call('HSET', KEYS[1], 'lastDecisionAt', now)

local fresh, all = {}, redis.call('HGETALL', reports)
for i = 1, #all, 2 do
  local at, report = string.match(all[i + 1], '^(%d+) (.*)$')
  if math.abs(now - tonumber(at)) < tonumber(ARGV[11]) then
    fresh[#fresh + 1] = report
  else
    redis.call('HDEL', reports, all[i])
  end
end
local inactive = idleMs > 0 and redis.call('ZCOUNT', KEYS[3], '-inf', now + idleMs - tonumber(ARGV[12])) or 0
local kept = redis.call('HMGET', KEYS[1], 'admitted', 'controllerState')
return { 'DECIDE', now, redis.call('ZCARD', KEYS[2]), inactive, tonumber(kept[1]) or 0, kept[2], fresh }
