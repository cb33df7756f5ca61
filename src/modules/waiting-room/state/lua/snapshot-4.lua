-- snapshot-4.lua: what has changed since the caller's snapshot of the queue.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 version of the snapshot (0: none)  9 gen of the snapshot  10 most active entries that are listed
-- Returns {'state-lost'} when the state must be restored first, else
--         {'OK', now ms, issued, headSeq, gen, epoch, version, active, rejoined, admitted in all, whole,
--          {changes}, {epoch, segment, bitmap, …}, {the values of ADMISSION_FIELDS}}
--         whole 1: the changes are all active entries, the bitmaps all of the epochs that count; 2: the same, but the active
--         entries are too many for one script, and the caller reads them by ZSCAN; 0: only those since the version
--         a change: '+<seq>:<deadline of the session ms>' became active or was prolonged, '-<seq>:…' left
-- @include include/common.lua
-- @include include/admission-fields.lua
-- @include include/presence.lua
if lost() then return { 'state-lost' } end
local version = tonumber(redis.call('HGET', KEYS[1], 'version')) or 0
local from = tonumber(ARGV[8])
local oldest = redis.call('ZRANGE', prefix .. 'log', 0, 0, 'WITHSCORES')
local logFrom = tonumber(redis.call('HGET', KEYS[1], 'logFrom'))
local isEvicted = logFrom and (from < logFrom or oldest[2] == nil and from < version)
-- After a restore the log is longer than it is kept: then all active entries are fewer than its changes, or come in pages.
local isLong = redis.call('ZCOUNT', prefix .. 'log', '(' .. from, '+inf') > LOG_LENGTH
local isInLog = not isEvicted and not isLong and (oldest[2] == nil or tonumber(oldest[2]) <= from + 1 or redis.call('ZCARD', prefix .. 'log') < LOG_LENGTH)
local isWhole = from == 0 or tonumber(ARGV[9]) ~= gen or from > version or not isInLog

local changes, whole = {}, isWhole and 1 or 0
if isWhole and redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[10]) then
  from, whole = 0, 2
elseif isWhole then
  from = 0
  local active = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
  for i = 1, #active, 2 do changes[#changes + 1] = '+' .. active[i] .. ':' .. active[i + 1] end
else
  changes = redis.call('ZRANGEBYSCORE', prefix .. 'log', '(' .. from, '+inf')
end

local bitmaps = {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'changed', '(' .. from, '+inf')) do
  local at, segment = string.match(member, '^(%d+):(%d+)$')
  at, segment = tonumber(at), tonumber(segment)
  if at > epoch - EPOCHS and segment >= segmentOf(headSeq) then
    bitmaps[#bitmaps + 1] = at
    bitmaps[#bitmaps + 1] = segment
    bitmaps[#bitmaps + 1] = redis.call('GET', presenceKey(at, segment)) or ''
  end
end
return {
  'OK', now, issued, headSeq, gen, epoch, version, redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[4]),
  tonumber(redis.call('HGET', KEYS[1], 'admitted')) or 0, whole, changes, bitmaps,
  redis.call('HMGET', KEYS[1], unpack(ADMISSION_FIELDS)),
}
