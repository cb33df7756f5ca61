-- common.lua: what every script of a queue needs. It is included, and never runs by itself.
-- KEYS  1 state (hash, see below)  2 active (zset: seq -> deadline of the session, ms)
--       3 idle (zset: seq -> idle deadline, ms)  4 rejoined (zset: seq -> seq)
-- ARGV  1 key prefix  2 admission limit, or 'auto:<min>': the controller's  3 session ms  4 idle time-out ms (0: never)
--       5 shortest presence epoch ms  6 life of a token ms  7 highest seq that the caller knows to be issued
--       8… each script's own
-- Keys made from the prefix share the hash slot of KEYS. Time is Redis TIME: every process sees one clock.
--
-- Fields of the state:
--   issued               highest seq given out
--   headSeq              everything up to it has had its turn
--   gen                  generation; each restore adds one (generation.ts)
--   admitted             admissions since the state was made
--   version              version of the last change that snapshots must learn
--   logFrom              version from which on the log is complete
--   epoch, epochAt       presence epoch, and when it began (ms)
--   longestPollInterval, longestPollIntervalBefore   longest interval given to a client in this epoch and the last one (ms)
--   lastTickAt           when the admission script last had an effect (ms)
--   lastSampleAt         when an arrival was last sampled (ms)
--   frozenUntil          nobody is admitted before (ms), after a restore
--   lost                 1: a part of the state is gone, so all of it must be restored
--   servers              replication ids of the servers that have had the state, the newest first
--   has:<key>            until when (ms) a key must exist
--   ends:<attempt>       pieces that an attempt to restore has sent (recovery/attempt.lua)
--   caughtUpAt           no session ends by time or idleness before (ms), after nobody has admitted for a while
--   refillIdle           where the refill of a lost 'idle' goes on, a cursor of ZSCAN over 'active'
--   checkRejoined        rejoined entries up to this seq are checked for absence in this epoch
--   toDescribe           where the leaves that describe the whole state go on (leaves.lua)
--   autoLimit, autoRate, lastDecision                the controller's limit and rate, and '<action>:<bottleneck>'
--   controllerState, lastDecisionAt                  the controller's memory (JSON), and when it last decided (ms)
--   overrideLimit, overrideRate, paused              the operator's override
--   limitsUnknownAt      when a process made the state that knew no limits (ms), until another one has brought them
--   limitAtAdmission     the limit in force at the last admission
--   loggedLimit          the limits that the transparency log has
--   tokens, tokensAt     admissions that the rate limit allows, as of when (ms)
--   admitUpTo, admitUpToUntil   the highest `admitted` that the seats allow, and until when that holds (ms; 0: without end)
--   collectsSince        '<since>:<opened>': since when entries are collected for the opening, and when the queue had opened before
--   opensAt              nobody is admitted before (ms)
--   keepFrom             where keys go on to be kept longer, after the opening was put off, a cursor of HSCAN
--   drawing              1: nobody is admitted before the order of those who are registered is drawn
--   cut                  '<first>:<last>': the registration has closed, and the entries of (first, last] take part in the draw
--   draws                '<first>:<last>:<seed>,…': draws that were made (opening/draws.ts)
local HISTORY_SIZE = 1048576 -- generations of one history, as in generation.ts
local LOG_LENGTH = 10000
-- Nobody is admitted in this time after a restore: first every process reports the waiting users that it has seen.
local FREEZE_MS = 2000
local CATCH_UP_MS = 3000 -- within this time every process has reported whom it has seen and which holds were made
-- Most members that a call reads of a list whose length nothing bounds: a few milliseconds of Redis' time, in which it
-- serves nobody else. Further calls read the rest.
local PIECE = 500
local prefix = ARGV[1]
local sessionMs, idleMs = tonumber(ARGV[3]), tonumber(ARGV[4])
local tokenMs, knownIssued = tonumber(ARGV[6]), tonumber(ARGV[7])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local state = redis.call('HMGET', KEYS[1], 'issued', 'headSeq', 'gen', 'epoch', 'frozenUntil', 'lastTickAt', 'has:active', 'lost',
  'opensAt', 'drawing', 'cut', 'draws', 'servers', 'toDescribe', 'caughtUpAt', 'collectsSince')
local issued, headSeq, gen = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
local epoch, frozenUntil, lastTickAt = tonumber(state[4]) or 0, tonumber(state[5]) or 0, tonumber(state[6]) or 0

local toDescribe, caughtUpAt = state[14], tonumber(state[15]) or 0

-- When the queue opens; before that its tokens live longer, and the longest wait counts from there.
local opensAt, isDrawing, cut, draws = tonumber(state[9]) or 0, state[10] == '1', state[11], state[12] or ''
tokenMs = tokenMs + math.max(0, opensAt - now)
-- A token whose wait was over when entries began to be collected for the opening has no part in it: users who have kept
-- one from an earlier sale would be ahead of all others.
local collectsSince, openedAt = string.match(state[16] or '', '^(%d+):(%d+)$')
collectsSince, openedAt = tonumber(collectsSince) or 0, tonumber(openedAt) or 0
local function waitEnds(iat, waitMs)
  local ended = math.max(iat, openedAt) + waitMs
  if ended <= collectsSince then return ended end
  return math.max(iat, opensAt) + waitMs
end

-- Whether a draw has given the entry another number: under this one it does not exist any more.
local function isDrawn(seq)
  for first, last in string.gmatch(draws, '(%d+):(%d+):') do
    if seq > tonumber(first) and seq <= tonumber(last) then return true end
  end
  return false
end

-- A Redis that was restarted, or a replica that has become the master, may be without the last writes, and no process
-- need know of all of them: a number of these could be given out again. Redis draws a new replication id in both cases.
-- nil where Redis does not say it (a proxy, an ACL).
local function serverId()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or nil
end

local function isOfAnotherServer()
  local id = serverId()
  return id ~= nil and not (state[13] and string.find(state[13], id, 1, true))
end

-- The state is lost when it is gone (restart without data, FLUSHALL), older than what the caller knows or perhaps than
-- what others know (failover), or incomplete.
local isLost = state[8] == '1' or state[7] ~= false and redis.call('EXISTS', KEYS[2]) == 0
local function lost()
  return isLost or issued == nil or issued < knownIssued or isOfAnotherServer()
end

-- A Redis that evicts removes single keys. Therefore the state says until when each key must exist ('has:<key>'), and
-- counts as lost as a whole when one is missing: without its bitmap, ended sessions could begin again.
local ALWAYS = 2 ^ 53
local function mustHave(key, untilMs)
  redis.call('HSET', KEYS[1], 'has:' .. key, string.format('%.0f', untilMs))
end

-- What is known of keys: until when each must exist (ms; 0: it need not), and whether it does, if it must.
local mustExistUntil, exists = {}, {}
local function checkKey(key)
  if exists[key] ~= nil then return end
  mustExistUntil[key] = tonumber(redis.call('HGET', KEYS[1], 'has:' .. key)) or 0
  exists[key] = mustExistUntil[key] - 1000 < now or redis.call('EXISTS', prefix .. key) == 1
end

-- The same of several keys, in two calls if all of them exist.
local function checkKeys(keys)
  local fields, wanted = {}, {}
  for i, key in ipairs(keys) do fields[i] = 'has:' .. key end
  for i, untilMs in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
    mustExistUntil[keys[i]] = tonumber(untilMs) or 0
    if mustExistUntil[keys[i]] - 1000 >= now then wanted[#wanted + 1] = prefix .. keys[i] end
  end
  if #wanted > 0 and redis.call('EXISTS', unpack(wanted)) < #wanted then return end
  for _, key in ipairs(keys) do exists[key] = true end
end

local function isMissing(key)
  checkKey(key)
  return not exists[key]
end

local function declareLost()
  isLost = true
  redis.call('HSET', KEYS[1], 'lost', 1)
end

-- To be called before a write that makes the key if it is not there: else the write would hide that Redis has lost it.
local function checkBefore(key)
  if isMissing(key) then declareLost() end
end

-- Every change that snapshots must learn has a version. 'log' holds who became active and who left, 'changed' which
-- bitmaps have changed.
local function nextVersion()
  return redis.call('HINCRBY', KEYS[1], 'version', 1)
end

local SEGMENT = 65536
local function segmentOf(seq)
  return math.floor(seq / SEGMENT)
end

-- The first generation of the history that the queue is in.
local function firstGen()
  return gen - gen % HISTORY_SIZE
end

local function setHead(seq)
  headSeq = seq
  redis.call('HSET', KEYS[1], 'headSeq', seq)
end

-- After a clock that stepped back, the frozen time ends immediately rather than late, and so does the catching up.
local function isFrozen()
  return now < frozenUntil and frozenUntil - now <= FREEZE_MS
end

local function isCatchingUp()
  return now < caughtUpAt and caughtUpAt - now <= CATCH_UP_MS
end
