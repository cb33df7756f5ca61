-- limits.lua: the limits in force. Needs common.lua and leaves.lua.
-- The operator's override comes first, then the controller's decision (if ARGV 2 is 'auto:…'), then the fixed limit
-- without a rate limit.
-- source: who has set the limit, as the transparency log says it. Of a rate that the operator has set, the log has the
-- command; were it the source, the audit could not tell whether the limit beside it is the controller's.
-- tokens: how many admissions the rate limit still allows. The bucket holds what a fifth of a second fills, at least one.
-- bySeats: how many more may be admitted so that each finds a seat; nil: not known.
local limit, rate, source, tokens, isPaused, bySeats, loggedLimit, isLimitLogged
local function loadLimits()
  local fields = redis.call('HMGET', KEYS[1], 'overrideLimit', 'overrideRate', 'paused', 'autoLimit', 'autoRate', 'tokens', 'tokensAt', 'loggedLimit',
    'admitUpTo', 'admitUpToUntil', 'admitted')
  local min = tonumber(string.match(ARGV[2], '^auto:(%d+)$'))
  limit = tonumber(fields[1]) or min and (tonumber(fields[4]) or min) or tonumber(ARGV[2])
  isPaused = fields[3] == '1'
  source = fields[1] and 'operator' or min and 'auto' or 'fixed'
  loggedLimit, isLimitLogged = fields[8], false
  local upTo, knownUntil = tonumber(fields[9]), tonumber(fields[10]) or 0
  bySeats = upTo and (knownUntil == 0 or now < knownUntil) and math.max(0, upTo - (tonumber(fields[11]) or 0)) or nil
  rate = tonumber(fields[2]) or min and tonumber(fields[5])
  local filledAt = tonumber(fields[7])
  if not rate then return end
  local full = math.max(1, rate / 5)
  local isRecent = filledAt and filledAt <= now -- after a clock that stepped back the bucket counts as full
  tokens = isRecent and math.min(full, tonumber(fields[6]) + rate * (now - filledAt) / 1000) or full
end
loadLimits()

-- How many entries may be admitted now.
local function freeSessions()
  if isLost or isFrozen() or toDescribe or isPaused or isDrawing or now < opensAt then return 0 end
  local free = math.min(bySeats or math.huge, math.max(0, limit - redis.call('ZCARD', KEYS[2])))
  return tokens and math.min(free, math.floor(tokens)) or free
end

-- The limits under which entries are admitted are a leaf before the first of them, with how long a session lasts (ms):
-- who replays the log later does not know the configuration.
local function logLimits()
  if isLimitLogged then return end
  isLimitLogged = true
  local text = string.format('%s %.0f %s %.0f', source, limit, rate and tostring(rate) or '-', tonumber(ARGV[3]))
  if text == loggedLimit then return end
  redis.call('HSET', KEYS[1], 'loggedLimit', text)
  addLeaf('limit', '%s', text)
end

-- Counts an admission; the rate limit has one token less.
local function countAdmission()
  logLimits()
  redis.call('HINCRBY', KEYS[1], 'admitted', 1)
  if bySeats then bySeats = bySeats - 1 end
  if tokens then
    tokens = tokens - 1
    redis.call('HSET', KEYS[1], 'tokens', tokens, 'tokensAt', now, 'limitAtAdmission', limit)
  else
    redis.call('HSET', KEYS[1], 'limitAtAdmission', limit)
  end
end
