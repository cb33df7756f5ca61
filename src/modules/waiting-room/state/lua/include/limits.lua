-- limits.lua: the limits in force. Needs common.lua.
-- The operator's override comes first, then the controller's decision (if ARGV 2 is 'auto:…'), then the fixed limit
-- without a rate limit.
-- tokens: how many admissions the rate limit still allows. The bucket holds what a fifth of a second fills, at least one.
local limit, tokens, isPaused
local function loadLimits()
  local fields = redis.call('HMGET', KEYS[1], 'overrideLimit', 'overrideRate', 'paused', 'autoLimit', 'autoRate', 'tokens', 'tokensAt')
  local min = tonumber(string.match(ARGV[2], '^auto:(%d+)$'))
  limit = tonumber(fields[1]) or min and (tonumber(fields[4]) or min) or tonumber(ARGV[2])
  isPaused = fields[3] == '1'
  local rate, filledAt = tonumber(fields[2]) or min and tonumber(fields[5]), tonumber(fields[7])
  if not rate then return end
  local full = math.max(1, rate / 5)
  local isRecent = filledAt and filledAt <= now -- after a clock that stepped back the bucket counts as full
  tokens = isRecent and math.min(full, tonumber(fields[6]) + rate * (now - filledAt) / 1000) or full
end
loadLimits()

-- How many entries may be admitted now.
local function freeSessions()
  if isFrozen() or isPaused then return 0 end
  local free = math.max(0, limit - redis.call('ZCARD', KEYS[2]))
  return tokens and math.min(free, math.floor(tokens)) or free
end

-- Counts an admission; the rate limit has one token less.
local function countAdmission()
  redis.call('HINCRBY', KEYS[1], 'admitted', 1)
  if tokens then
    tokens = tokens - 1
    redis.call('HSET', KEYS[1], 'tokens', tokens, 'tokensAt', now, 'limitAtAdmission', limit)
  else
    redis.call('HSET', KEYS[1], 'limitAtAdmission', limit)
  end
end
