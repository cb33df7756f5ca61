-- place.lua: what every script of a waiting room knows. Included, never run by itself.
-- KEYS  1 state (hash: issued, serving, gen, admitted, ticked, sampled, quiet)  2 active (zset: seq -> lease deadline ms)
--       3 idle (zset: seq -> idle deadline ms)  4 returned (zset: seq -> seq)
-- ARGV  1 key prefix  2 cap  3 lease ms  4 idle ms (0: never)  5 presence period ms  6 life of a token ms
--       7 highest seq the caller knows to be issued  8… each script's own
-- Keys made from the prefix share the hash slot of KEYS. Time is Redis TIME: every replica sees one clock.
local SEGMENT = 65536
local prefix = ARGV[1]
local cap, leaseMs, idleMs = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local periodMs, tokenMs, known = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local period = math.floor(now / periodMs)

local state = redis.call('HMGET', KEYS[1], 'issued', 'serving', 'gen', 'admitted', 'quiet')
local issued, serving, gen = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
local admittedTotal, quietUntil = tonumber(state[4]) or 0, tonumber(state[5]) or 0

-- The state is gone (restart without data, FLUSHALL) or older than what the caller has seen (failover).
local function lost()
  return issued == nil or issued < known
end

local function segmentOf(seq)
  return math.floor(seq / SEGMENT)
end

local function presenceKey(at, segment)
  return prefix .. 'present:' .. string.format('%.0f', at) .. ':' .. segment
end

local function markPresent(seq)
  local key = presenceKey(period, segmentOf(seq))
  redis.call('SETBIT', key, seq % SEGMENT, 1)
  redis.call('PEXPIRE', key, 3 * periodMs)
end

-- Present: seen in this period or in the one before, so "away" is unseen for one to two periods.
local function isPresent(seq)
  local segment, bit = segmentOf(seq), seq % SEGMENT
  return redis.call('GETBIT', presenceKey(period, segment), bit) == 1
    or redis.call('GETBIT', presenceKey(period - 1, segment), bit) == 1
end

-- The first present seq in (after, upTo], or nil.
local function nextPresent(after, upTo)
  local seq = after + 1
  while seq <= upTo do
    local segment, found = segmentOf(seq), nil
    for at = period - 1, period do
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
    redis.call('BITOP', 'OR', both, presenceKey(period - 1, segment), presenceKey(period, segment))
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

local function freePlaces()
  if now < quietUntil then return 0 end
  return math.max(0, cap - redis.call('ZCARD', KEYS[2]))
end

local function enter(seq)
  redis.call('ZADD', KEYS[2], now + leaseMs, seq)
  if idleMs > 0 then redis.call('ZADD', KEYS[3], now + idleMs, seq) end
  admittedTotal = admittedTotal + 1
  redis.call('HSET', KEYS[1], 'admitted', admittedTotal)
end

local function leave(seq)
  redis.call('ZREM', KEYS[3], seq)
  return redis.call('ZREM', KEYS[2], seq) == 1
end

local function setServing(seq)
  serving = seq
  redis.call('HSET', KEYS[1], 'serving', seq)
end

-- How long a seq has waited, from the arrivals sampled at issue (every 250 ms); nil when no sample is left.
local function waitedMs(seq)
  local sample = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', seq, '-inf', 'LIMIT', 0, 1)
  return sample[1] and now - tonumber(sample[1])
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

-- Gives at most `limit` free places: first to those who came back, in order of seq, then to the next present ones.
-- Returns the waits (ms) of those let in.
local function admitNext(limit)
  local waits, places = {}, math.min(freePlaces(), limit)
  local admitted = 0
  while admitted < places do
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
    if seq ~= nil then
      enter(seq)
      admitted = admitted + 1
      local waited = waitedMs(seq)
      if waited then waits[#waits + 1] = waited end
    end
  end
  return admitted, waits
end
