-- common.lua: what every script of a waiting room knows. Included, never run by itself.
-- KEYS  1 state (hash: issued, serving, gen, admitted, epoch, epochAt, asked, askedBefore, version, ticked, sampled,
--         quiet; and of the door: cap, rate, said, memory, decided; handCap, handRate, paused; tokens, tokensAt, capAt)
--       2 active (zset: seq -> lease deadline ms)  3 idle (zset: seq -> idle deadline ms)
--       4 rejoined (zset: seq -> seq)
-- ARGV  1 key prefix  2 cap, or 'auto:<least>': the controller's  3 lease ms  4 idle ms (0: never)
--       5 least length of a presence epoch ms
--       6 life of a token ms  7 highest seq the caller knows to be issued  8… each script's own
-- Keys made from the prefix share the hash slot of KEYS. Time is Redis TIME: every replica sees one clock.
local SEGMENT = 65536
local LIFE = 1048576 -- generations of one history: generation.ts
local LOG_LENGTH = 10000
local EPOCHS = 3 -- so many bitmaps tell who is present: the epoch of now and those before it
-- Nobody is admitted so long after a loss: first every process makes the waiters it has seen present again.
local QUIET_MS = 2000
local HEARD_AGAIN_MS = 3000 -- by then every process has told whom it has seen, and what holds were made
local prefix = ARGV[1]
local leaseMs, idleMs = tonumber(ARGV[3]), tonumber(ARGV[4])
local epochMs, tokenMs, known = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local state = redis.call('HMGET', KEYS[1], 'issued', 'headSeq', 'gen', 'epoch', 'frozenUntil', 'lastTickAt', 'has:active', 'lost')
local issued, serving, gen = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
local epoch, quietUntil, ticked = tonumber(state[4]) or 0, tonumber(state[5]) or 0, tonumber(state[6]) or 0

-- The door in force: the operator's hand, else the controller's (ARGV 2 is 'auto:…'), else the fixed cap without a rate.
-- `tokens`: admissions that the rate still allows, a bucket that holds what a fifth of a second fills, at least one.
local cap, tokens, isPaused
local function lookAtDoor()
  local door = redis.call('HMGET', KEYS[1], 'overrideLimit', 'overrideRate', 'paused', 'autoLimit', 'autoRate', 'tokens', 'tokensAt')
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

-- The state is gone (restart without data, FLUSHALL), older than what the caller has seen (failover), or misses a part.
local isLost = state[8] == '1' or state[7] ~= false and redis.call('EXISTS', KEYS[2]) == 0
local function lost()
  return isLost or issued == nil or issued < known
end

-- A Redis that evicts takes keys one by one. So the state knows until when each must be there ('has:<key>'), and is lost
-- as a whole without it: a bitmap of ended turns that is not there would let them begin again.
local ALWAYS = 2 ^ 53
local function mustHave(key, untilMs)
  redis.call('HSET', KEYS[1], 'has:' .. key, string.format('%.0f', untilMs))
end

local sound = {}
local function isMissing(key)
  if sound[key] == nil then
    local untilMs = tonumber(redis.call('HGET', KEYS[1], 'has:' .. key))
    sound[key] = untilMs == nil or untilMs - 1000 < now or redis.call('EXISTS', prefix .. key) == 1
  end
  return not sound[key]
end

local function declareLost()
  isLost = true
  redis.call('HSET', KEYS[1], 'lost', 1)
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

-- Present: seen in this epoch or in one of the two before, so for two whole epochs at least.
local function isPresent(seq)
  local segment, bit = segmentOf(seq), seq % SEGMENT
  for at = epoch, epoch - EPOCHS + 1, -1 do
    if redis.call('GETBIT', presenceKey(at, segment), bit) == 1 then return true end
  end
  return false
end

-- Whether a bitmap that was told of is not there any more.
local function hasLostPresence(at, segment)
  return redis.call('EXISTS', presenceKey(at, segment)) == 0
    and redis.call('ZSCORE', prefix .. 'changed', at .. ':' .. segment) ~= false
end

-- The first present seq in (after, upTo], or nil, also when that cannot be known: then the state is lost.
local function nextPresent(after, upTo)
  local seq = after + 1
  while seq <= upTo do
    local segment, found = segmentOf(seq), nil
    for at = epoch - EPOCHS + 1, epoch do
      local bit = redis.call('BITPOS', presenceKey(at, segment), 1, seq % SEGMENT, -1, 'BIT')
      if bit < 0 and hasLostPresence(at, segment) then
        declareLost()
        return nil
      end
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
  local total, any = 0, prefix .. 'present:any'
  local first = after + 1
  while first <= upTo do
    local segment = segmentOf(first)
    local last = math.min(upTo, segment * SEGMENT + SEGMENT - 1)
    local keys = {}
    for at = epoch - EPOCHS + 1, epoch do keys[#keys + 1] = presenceKey(at, segment) end
    redis.call('BITOP', 'OR', any, unpack(keys))
    total = total + redis.call('BITCOUNT', any, first % SEGMENT, last % SEGMENT, 'BIT')
    first = last + 1
  end
  redis.call('DEL', any)
  return total
end

-- How a turn ended: a bit per seq in done:<segment> or expired:<segment>, kept as long as the token lives.
local function markEnded(how, seq)
  local key = how .. ':' .. segmentOf(seq)
  redis.call('SETBIT', prefix .. key, seq % SEGMENT, 1)
  redis.call('PEXPIRE', prefix .. key, tokenMs)
  mustHave(key, now + tokenMs)
  redis.call('ZREM', prefix .. 'idled', seq)
end

local function hasEnded(how, seq)
  return redis.call('GETBIT', prefix .. how .. ':' .. segmentOf(seq), seq % SEGMENT) == 1
end

-- Whether it is not known any more which turns of the seq's segment have ended.
local function hasLostEnds(seq)
  return isMissing('done:' .. segmentOf(seq)) or isMissing('expired:' .. segmentOf(seq))
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

-- Members of 'extended', 'idled' and 'holding' are seqs, whose scores are times: NX keeps the first, GT the latest.
local function remember(what, which, seq, time)
  redis.call('ZADD', prefix .. what, which, time, seq)
  redis.call('PEXPIRE', prefix .. what, tokenMs)
end

local function recall(what, seq)
  return tonumber(redis.call('ZSCORE', prefix .. what, seq))
end

-- 'logFrom': the version from which on the log is whole.
local function log(sign, seq, what)
  local version, key = nextVersion(), prefix .. 'log'
  redis.call('ZADD', key, version, string.format('%s%.0f:%.0f', sign, seq, what or version))
  if redis.call('ZCARD', key) == 1 then redis.call('HSET', KEYS[1], 'logFrom', version - 1) end
end

-- Also how copies learn that a hold has prolonged a session: its deadline is told once more.
local function setLease(seq, deadline)
  redis.call('ZADD', KEYS[2], deadline, seq)
  mustHave('active', ALWAYS)
  log('+', seq, deadline)
end

local function setInside(seq, deadline)
  setLease(seq, deadline)
  if idleMs > 0 then redis.call('ZADD', KEYS[3], now + idleMs, seq) end
end

-- Whether a user who idled out has stayed away until the deadline of its session.
local function hasMissedDeadline(seq)
  local deadline = recall('idled', seq)
  return deadline ~= nil and deadline <= now
end

-- Admits. One who idled out gets the rest of its session: the longest stay counts from the first admission.
-- Returns the session's deadline.
local function enter(seq)
  local deadline = recall('idled', seq) or now + leaseMs
  setInside(seq, deadline)
  redis.call('HINCRBY', KEYS[1], 'admitted', 1)
  if tokens then
    tokens = tokens - 1
    redis.call('HSET', KEYS[1], 'tokens', tokens, 'tokensAt', now, 'limitAtAdmission', cap)
  else
    redis.call('HSET', KEYS[1], 'limitAtAdmission', cap)
  end
  return deadline
end

local function leave(seq)
  redis.call('ZREM', KEYS[3], seq)
  redis.call('ZREM', prefix .. 'extended', seq)
  local wasInside = redis.call('ZREM', KEYS[2], seq) == 1
  if wasInside then
    log('-', seq)
    if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('HDEL', KEYS[1], 'has:active') end
  end
  return wasInside
end

-- The deadline of an active session, or nil; what keeps it open beyond it is no copy's affair. One that is past ends here, the tick need not have seen it; but while a
-- hold of its user is being made it stays open, so that the hold finds a session to prolong. So it does while nobody
-- ticks: Redis was away, and a process may have a hold to tell of.
local function leaseOf(seq)
  local deadline = tonumber(redis.call('ZSCORE', KEYS[2], seq))
  if deadline == nil or deadline > now then return deadline end
  local holding = recall('holding', seq)
  if holding and holding > now then return deadline end
  if ticked > 0 and now - ticked > HEARD_AGAIN_MS then return deadline end
  leave(seq)
  markEnded('expired', seq)
  return nil
end

-- A user has one entry, the one in `users`. After a loss that is the first of them to be heard of again; when another
-- turns up, an active one stays, else the older one, and the other has expired. Returns whether this one is the user's.
local function register(users, user, seq, itsGen, iat, waitMs)
  local live = redis.call('HGET', users, user)
  local other, otherGen, otherIat = string.match(live or '', '^(%d+):(%d+):(%d+)$')
  other, otherGen, otherIat = tonumber(other), tonumber(otherGen), tonumber(otherIat)
  if other == seq and otherGen == itsGen then return true end
  if other and otherGen >= gen - gen % LIFE and not hasEnded('done', other) and not hasEnded('expired', other) then
    local isActive = redis.call('ZSCORE', KEYS[2], other) ~= false
    local stays = isActive or redis.call('ZSCORE', KEYS[2], seq) == false and other < seq
    if stays and (isActive or now < otherIat + waitMs) then other = seq end
    leave(other)
    redis.call('ZREM', KEYS[4], other)
    markEnded('expired', other)
    if other == seq then return false end
  end
  redis.call('HSET', users, user, string.format('%.0f:%.0f:%.0f', seq, itsGen, iat))
  redis.call('PEXPIRE', users, tokenMs)
  mustHave(string.sub(users, #prefix + 1), now + tokenMs)
  return true
end

local function setServing(seq)
  serving = seq
  redis.call('HSET', KEYS[1], 'headSeq', seq)
end

-- How long a seq has waited, from the arrivals sampled at issue (every 250 ms); nil when no sample is left.
local function waitedMs(seq)
  local sample = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', seq, '-inf', 'LIMIT', 0, 1)
  return sample[1] and math.max(0, now - tonumber(sample[1]))
end

-- Ends sessions that are past, and those of idle users: the first time an idle user may come back for the rest of its
-- session, the second time its turn is over, so that nobody goes ahead of those who wait again and again.
-- Returns how many deadlines have ended, and how many idleness.
local function dropPast()
  redis.call('ZREMRANGEBYSCORE', prefix .. 'holding', '-inf', now)
  local ended = 0
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
    if leaseOf(tonumber(seq)) == nil then ended = ended + 1 end
  end
  if idleMs > 0 and redis.call('EXISTS', KEYS[3]) == 0 then -- evicted: nobody would be idle any more
    for _, seq in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('ZADD', KEYS[3], now + idleMs, seq) end
  end
  local idle = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 1000)
  for _, seq in ipairs(idle) do
    local deadline = tonumber(redis.call('ZSCORE', KEYS[2], seq))
    leave(seq)
    if recall('idled', seq) then
      markEnded('expired', tonumber(seq))
    elseif deadline then
      remember('idled', 'NX', seq, deadline)
    end
  end
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'idled', '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', prefix .. 'idled', seq)
    if not redis.call('ZSCORE', KEYS[2], seq) then
      redis.call('ZREM', KEYS[4], seq)
      markEnded('expired', tonumber(seq))
    end
  end
  return ended, #idle
end

-- A new epoch when the old one has lasted half as long again as the longest poll interval that was asked for, so that
-- nobody is called away who polls as told. What was seen three epochs ago is forgotten, and with it those who had
-- come back and have left again: they are nobody's predecessors.
local function rotateEpoch()
  local fields = redis.call('HMGET', KEYS[1], 'epochAt', 'longestPollInterval', 'longestPollIntervalBefore')
  local since, asked, askedBefore = tonumber(fields[1]) or 0, tonumber(fields[2]) or 0, tonumber(fields[3]) or 0
  local age = now - since
  if age >= 0 and age < math.max(epochMs, 1.5 * asked, 1.5 * askedBefore) then return end
  epoch = epoch + 1
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'epochAt', now, 'longestPollIntervalBefore', asked, 'longestPollInterval', 0)
  for _, member in ipairs(redis.call('ZRANGE', prefix .. 'changed', 0, -1)) do
    if tonumber(string.match(member, '^%d+')) <= epoch - EPOCHS then
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
-- Returns {seq, …} of those let in, the waits (ms) that are known, and the deadlines of the sessions.
local function admitNext(limit)
  local admitted, waits, deadlines, places = {}, {}, {}, math.min(freePlaces(), limit)
  while #admitted < places do
    local seq
    local head = redis.call('ZPOPMIN', KEYS[4])
    if head[1] then
      seq = tonumber(head[1])
      if hasLostEnds(seq) then
        redis.call('ZADD', KEYS[4], seq, seq)
        declareLost()
        break
      end
      if not isPresent(seq) then seq = nil end -- left again; it may come back once more
    else
      seq = nextPresent(serving, issued)
      if seq and hasLostEnds(seq) then declareLost() end
      if isLost then break end
      if seq == nil then
        if serving < issued then setServing(issued) end -- all passed over
        break
      end
      setServing(seq)
    end
    if seq ~= nil and not hasEnded('done', seq) and not hasEnded('expired', seq) and not hasMissedDeadline(seq) then
      deadlines[#deadlines + 1] = enter(seq)
      admitted[#admitted + 1] = seq
      local waited = waitedMs(seq)
      if waited then waits[#waits + 1] = waited end
    end
  end
  return admitted, waits, deadlines
end
