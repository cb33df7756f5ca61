-- snapshot-4.lua: what has changed since the caller's copy of the queue.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 version of the copy (0: none)  9 gen of the copy
-- Returns {'LOST'} when the state must be restored first, else
--         {'OK', now ms, issued, serving, gen, epoch, version, inside, rejoined, admitted in all, whole,
--          {changes}, {epoch, segment, bitmap, …}, {cap, rate, said, hand cap, hand rate, paused, cap at the last admission}}
--         whole 1: the changes are all who are inside, the bitmaps all of the epochs that count; else those since the version
--         a change: '+<seq>:<lease deadline ms>' entered, '-<seq>:…' left
-- @include common.lua
if lost() then return { 'LOST' } end
local version = tonumber(redis.call('HGET', KEYS[1], 'version')) or 0
local from = tonumber(ARGV[8])
local oldest = redis.call('ZRANGE', prefix .. 'log', 0, 0, 'WITHSCORES')
local fromWhole = tonumber(redis.call('HGET', KEYS[1], 'logFrom'))
local isEvicted = fromWhole and (from < fromWhole or oldest[2] == nil and from < version)
local inLog = not isEvicted and (oldest[2] == nil or tonumber(oldest[2]) <= from + 1 or redis.call('ZCARD', prefix .. 'log') < LOG_LENGTH)
local whole = from == 0 or tonumber(ARGV[9]) ~= gen or from > version or not inLog

local changes = {}
if whole then
  from = 0
  local inside = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
  for i = 1, #inside, 2 do changes[#changes + 1] = '+' .. inside[i] .. ':' .. inside[i + 1] end
else
  changes = redis.call('ZRANGEBYSCORE', prefix .. 'log', '(' .. from, '+inf')
end

local bitmaps = {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'changed', '(' .. from, '+inf')) do
  local at, segment = string.match(member, '^(%d+):(%d+)$')
  at, segment = tonumber(at), tonumber(segment)
  if at > epoch - EPOCHS and segment >= segmentOf(serving) then
    bitmaps[#bitmaps + 1] = at
    bitmaps[#bitmaps + 1] = segment
    bitmaps[#bitmaps + 1] = redis.call('GET', presenceKey(at, segment)) or ''
  end
end
return {
  'OK', now, issued, serving, gen, epoch, version, redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[4]),
  tonumber(redis.call('HGET', KEYS[1], 'admitted')) or 0, whole and 1 or 0, changes, bitmaps,
  redis.call('HMGET', KEYS[1], 'autoLimit', 'autoRate', 'lastDecision', 'overrideLimit', 'overrideRate', 'paused', 'limitAtAdmission'),
}
