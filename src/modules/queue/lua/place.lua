-- place.lua: what every script of a waiting room knows. Included, never run by itself.
-- KEYS  1 state (hash: issued, serving, gen, admitted, epoch, epochAt, asked, askedBefore, version, ticked, sampled,
--         quiet; and of the door: cap, rate, said, memory, decided; handCap, handRate, paused; tokens, tokensAt, capAt)
--       2 active (zset: seq -> lease deadline ms)  3 idle (zset: seq -> idle deadline ms)
--       4 returned (zset: seq -> seq)
-- ARGV  1 key prefix  2 cap, or 'auto:<least>': the controller's  3 lease ms  4 idle ms (0: never)
--       5 least length of a presence epoch ms
--       6 life of a token ms  7 highest seq the caller knows to be issued  8… each script's own
-- Keys made from the prefix share the hash slot of KEYS. Time is Redis TIME: every replica sees one clock.
local SEGMENT = 65536
local LIFE = 1048576 -- generations of one history: generation.ts
local LOG_LENGTH = 10000
-- Nobody is admitted so long after a loss: first every process makes the waiters it has seen present again.
local QUIET_MS = 2000
local prefix = ARGV[1]
local leaseMs, idleMs = tonumber(ARGV[3]), tonumber(ARGV[4])
local epochMs, tokenMs, known = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local state = redis.call('HMGET', KEYS[1], 'issued', 'serving', 'gen', 'epoch', 'quiet')
local issued, serving, gen = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
local epoch, quietUntil = tonumber(state[4]) or 0, tonumber(state[5]) or 0

-- The door in force: the operator's hand, else the controller's (ARGV 2 is 'auto:…'), else the fixed cap without a rate.
-- `tokens`: admissions that the rate still allows, a bucket that holds what a fifth of a second fills, at least one.
local cap, tokens, isPaused
local function lookAtDoor()
  local door = redis.call('HMGET', KEYS[1], 'handCap', 'handRate', 'paused', 'cap', 'rate', 'tokens', 'tokensAt')
  local least = tonumber(string.match(ARGV[2], '^auto:(%d+)$'))
  cap = tonumber(door[1]) or least and (tonumber(door[4]) or least) or tonumber(ARGV[2])
  isPaused = door[3] == '1'
  local rate, filledAt = tonumber(door[2]) or least and tonumber(door[5]), tonumber(door[7])
  if not rate then return end
  local full = math.max(1, rate / 5)
  local isRecent = filledAt and filledAt <= now -- after a clock that stepped back: full
  tokens = isRecent and math.min(full, tonumber(door[6]) + rate * (now - filledAt) / 1000) or full
end
lookAtDoor()

-- The state is gone (restart without data, FLUSHALL) or older than what the caller has seen (failover).
local function lost()
  return issued == nil or issued < known
end

-- Every change that copies must learn of has a version; `log` tells who entered and left, `changed` which bitmaps.
local function nextVersion()
  return redis.call('HINCRBY', KEYS[1], 'version', 1)
end

local function segmentOf(seq)
  return math.floor(seq / SEGMENT)
end

local function presenceKey(at, segment)
  return prefix .. 'present:' .. at .. ':' .. segment
end

local function presenceChanged(segment)
  redis.call('PEXPIRE', presenceKey(epoch, segment), tokenMs) -- a safety net: rotation deletes it long before
  redis.call('ZADD', prefix .. 'changed', nextVersion(), epoch .. ':' .. segment)
end

local function markPresent(seq)
  local segment = segmentOf(seq)
  if redis.call('SETBIT', presenceKey(epoch, segment), seq % SEGMENT, 1) == 0 then presenceChanged(segment) end
end

-- Present: seen in this epoch or in the one before.
local function isPresent(seq)
  local segment, bit = segmentOf(seq), seq % SEGMENT
  return redis.call('GETBIT', presenceKey(epoch, segment), bit) == 1
    or redis.call('GETBIT', presenceKey(epoch - 1, segment), bit) == 1
end

-- The first present seq in (after, upTo], or nil.
local function nextPresent(after, upTo)
  local seq = after + 1
  while seq <= upTo do
    local segment, found = segmentOf(seq), nil
    for at = epoch - 1, epoch do
      local bit = redis.call('BITPOS', presenceKey(at, segment), 1, seq % SEGMENT, -1, 'BIT')
      if bit >= 0 and (found == nil or bit < found) then found = bit end
    end
    if found ~= nil then
      local first = segment * SEGMENT + found
      if first <= upTo then return first end
      return nil
    end
    seq = (segment + 1) * SEGMENT
  end
  return nil
end

-- How many of (after, upTo] are present.
local function countPresent(after, upTo)
  local total, both = 0, prefix .. 'present:both'
  local first = after + 1
  while first <= upTo do
    local segment = segmentOf(first)
    local last = math.min(upTo, segment * SEGMENT + SEGMENT - 1)
    redis.call('BITOP', 'OR', both, presenceKey(epoch - 1, segment), presenceKey(epoch, segment))
    total = total + redis.call('BITCOUNT', both, first % SEGMENT, last % SEGMENT, 'BIT')
    first = last + 1
  end
  redis.call('DEL', both)
  return total
end

-- How a turn ended: a bit per seq in done:<segment> or expired:<segment>, kept as long as the token lives.
local function markEnded(how, seq)
  local key = prefix .. how .. ':' .. segmentOf(seq)
  redis.call('SETBIT', key, seq % SEGMENT, 1)
  redis.call('PEXPIRE', key, tokenMs)
end

local function hasEnded(how, seq)
  return redis.call('GETBIT', prefix .. how .. ':' .. segmentOf(seq), seq % SEGMENT) == 1
end

-- After a clock that stepped back, too, a quiet time ends at once rather than late.
local function isQuiet()
  return now < quietUntil and quietUntil - now <= QUIET_MS
end

local function freePlaces()
  if isQuiet() or isPaused then return 0 end
  local free = math.max(0, cap - redis.call('ZCARD', KEYS[2]))
  return tokens and math.min(free, math.floor(tokens)) or free
end

local function setInside(seq, deadline)
  redis.call('ZADD', KEYS[2], deadline, seq)
  if idleMs > 0 then redis.call('ZADD', KEYS[3], now + idleMs, seq) end
  redis.call('ZADD', prefix .. 'log', nextVersion(), string.format('+%.0f:%.0f', seq, deadline))
end

local function enter(seq)
  setInside(seq, now + leaseMs)
  redis.call('HINCRBY', KEYS[1], 'admitted', 1)
  if tokens then
    tokens = tokens - 1
    redis.call('HSET', KEYS[1], 'tokens', tokens, 'tokensAt', now, 'capAt', cap)
  else
    redis.call('HSET', KEYS[1], 'capAt', cap)
  end
end

local function leave(seq)
  redis.call('ZREM', KEYS[3], seq)
  local wasInside = redis.call('ZREM', KEYS[2], seq) == 1
  if wasInside then
    local version = nextVersion()
    redis.call('ZADD', prefix .. 'log', version, string.format('-%.0f:%.0f', seq, version))
  end
  return wasInside
end

-- The lease deadline of one inside, or nil. A lease that is past ends here, the tick need not have seen it.
local function leaseOf(seq)
  local deadline = tonumber(redis.call('ZSCORE', KEYS[2], seq))
  if deadline == nil or deadline > now then return deadline end
  leave(seq)
  markEnded('expired', seq)
  return nil
end

local function setServing(seq)
  serving = seq
  redis.call('HSET', KEYS[1], 'serving', seq)
end

-- How long a seq has waited, from the arrivals sampled at issue (every 250 ms); nil when no sample is left.
local function waitedMs(seq)
  local sample = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', seq, '-inf', 'LIMIT', 0, 1)
  return sample[1] and math.max(0, now - tonumber(sample[1]))
end

-- Ends leases and idle stays that are past. Returns how many of each.
local function dropPast()
  local past = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)
  for _, seq in ipairs(past) do
    leave(seq)
    markEnded('expired', tonumber(seq))
  end
  local idle = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 1000)
  for _, seq in ipairs(idle) do leave(seq) end -- not ended: passed over, may come back
  return #past, #idle
end

-- A new epoch when the old one has lasted as long as three times the longest poll interval that was asked for, so
-- that nobody is called away who polls as told. What was seen two epochs ago is forgotten, and with it those who had
-- come back and have left again: they are nobody's predecessors.
local function rotateEpoch()
  local fields = redis.call('HMGET', KEYS[1], 'epochAt', 'asked', 'askedBefore')
  local since, asked, askedBefore = tonumber(fields[1]) or 0, tonumber(fields[2]) or 0, tonumber(fields[3]) or 0
  local age = now - since
  if age >= 0 and age < math.max(epochMs, 3 * asked, 3 * askedBefore) then return end
  epoch = epoch + 1
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'epochAt', now, 'askedBefore', asked, 'asked', 0)
  for _, member in ipairs(redis.call('ZRANGE', prefix .. 'changed', 0, -1)) do
    if tonumber(string.match(member, '^%d+')) < epoch - 1 then
      redis.call('UNLINK', prefix .. 'present:' .. member)
      redis.call('ZREM', prefix .. 'changed', member)
    end
  end
  for _, seq in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
    if not isPresent(tonumber(seq)) then redis.call('ZREM', KEYS[4], seq) end
  end
end

-- Gives at most `limit` free places: first to those who came back, in order of seq, then to the next present ones.
-- Whoever's turn has ended (was told EXPIRED, or has paid before a loss) is not let in again.
-- Returns {seq, …} of those let in and the waits (ms) that are known.
local function admitNext(limit)
  local admitted, waits, places = {}, {}, math.min(freePlaces(), limit)
  while #admitted < places do
    local seq
    local head = redis.call('ZPOPMIN', KEYS[4])
    if head[1] then
      seq = tonumber(head[1])
      if not isPresent(seq) then seq = nil end -- left again; it may come back once more
    else
      seq = nextPresent(serving, issued)
      if seq == nil then
        if serving < issued then setServing(issued) end -- all passed over
        break
      end
      setServing(seq)
    end
    if seq ~= nil and not hasEnded('done', seq) and not hasEnded('expired', seq) then
      enter(seq)
      admitted[#admitted + 1] = seq
      local waited = waitedMs(seq)
      if waited then waits[#waits + 1] = waited end
    end
  end
  return admitted, waits
end
