-- restore-4.lua: makes or completes the state from the memory of a process. It is idempotent, and processes may call it concurrently.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 highest headSeq known  9 highest gen known  10 gap: more seqs than can have been issued
--       unknown to the caller  11 version of the caller's snapshot ('': it has none)  12–23 the admission state by that snapshot
--       ('': none), in the order of ADMISSION_FIELDS  24 first generation of a new history, if there is none
--       25 name of the attempt  26 how many pieces it has sent by import-ends-4.lua and prepare-4.lua; -1: make no state
--       27… sessions of that snapshot: seq, deadline ms, …; several calls if they are too many for one
-- Returns {issued, headSeq, gen}, or {'state-lost'} when what the attempt has sent is lost as well.
-- @include ../include/common.lua
-- @include ../include/leaves.lua
-- @include ../include/admission-fields.lua
-- @include ../include/limits.lua
-- @include ../include/ends.lua
-- @include ../include/sessions.lua
-- @include attempt.lua
local knownHead, knownGen = tonumber(ARGV[8]), tonumber(ARGV[9])

local function freeze()
  frozenUntil = now + FREEZE_MS
  redis.call('HSET', KEYS[1], 'frozenUntil', frozenUntil)
end

-- Forgets which bitmaps have changed where they are missing, and what was under way with lists that may be others now. Of
-- other keys prepare-4.lua has forgotten it.
local function forgetLoss()
  if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('HDEL', KEYS[1], 'has:active') end
  if redis.call('HEXISTS', KEYS[1], 'refillIdle') == 1 then redis.call('HSET', KEYS[1], 'refillIdle', 0) end
  for _, member in ipairs(redis.call('ZRANGE', prefix .. 'changed', 0, -1)) do
    if redis.call('EXISTS', prefix .. 'present:' .. member) == 0 then redis.call('ZREM', prefix .. 'changed', member) end
  end
  redis.call('HDEL', KEYS[1], 'lost')
end

-- Several, for a proxy whose connections lead to several servers: each of them restores the state once.
local SERVERS = 8
local function addServer()
  local ids = { serverId() }
  for id in string.gmatch(state[13] or '', '%x+') do
    if #ids < SERVERS then ids[#ids + 1] = id end
  end
  redis.call('HSET', KEYS[1], 'servers', table.concat(ids, ','))
end

-- Whether the state is older than the caller's snapshot.
local function isOlder()
  if ARGV[11] == '' then return false end
  local version = tonumber(redis.call('HGET', KEYS[1], 'version')) or 0
  return issued < knownIssued or gen <= knownGen and version < tonumber(ARGV[11])
end

-- The first `count` of ADMISSION_FIELDS, as far as the caller knows them and the state does not. Returns those taken.
local function takeAdmission(count)
  local taken = {}
  for i = 1, count do
    local field, value = ADMISSION_FIELDS[i], ARGV[11 + i]
    if value ~= '' and redis.call('HSETNX', KEYS[1], field, value) == 1 then taken[field] = value end
  end
  return taken
end

-- A process that has just started has no snapshot, and so knows no limits and no override. If it is the first to restore, they
-- come from the next one that has a snapshot; soon, since one that stood still for long may bring back what is over.
local OVERRIDES_AND_LIMITS, LIMITS_WITHIN_MS = 8, 60000 -- and since when entries are collected, which the database does not say
local function takeMissingLimits()
  local unknownAt = tonumber(redis.call('HGET', KEYS[1], 'limitsUnknownAt'))
  if ARGV[11] == '' or not unknownAt then return end
  redis.call('HDEL', KEYS[1], 'limitsUnknownAt')
  if now - unknownAt > LIMITS_WITHIN_MS then return end
  local taken = takeAdmission(OVERRIDES_AND_LIMITS)
  if taken.autoLimit then addLeaf('decision', '%s %s %s', taken.autoLimit, taken.autoRate or '-', taken.lastDecision or '-') end
  if taken.paused then addLeaf('command', 'pause -') end
  if taken.overrideLimit then addLeaf('command', 'limit %s', taken.overrideLimit) end
  if taken.overrideRate then addLeaf('command', 'rate %s', taken.overrideRate) end
end

local function makeState()
  local isNew = issued == nil
  if isNew then redis.call('UNLINK', prefix .. 'log', prefix .. 'changed') end -- their versions start again
  if not isNew and isOlder() then
    redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4]) -- users who have left since would stay active
  end
  forgetLoss()
  addServer()
  takeAdmission(#ADMISSION_FIELDS)
  local hasHistory = knownIssued > 0 or knownGen > 0 or gen ~= nil
  local issuedBefore = math.max(issued or 0, knownIssued)
  issued = hasHistory and math.max(issued or 0, knownIssued) + tonumber(ARGV[10]) or 0
  gen = math.max(gen or 0, knownGen)
  if gen == 0 then gen = tonumber(ARGV[24]) end
  gen = gen + 1
  redis.call('HSET', KEYS[1], 'issued', issued, 'gen', gen, 'headSeq', headSeq or 0)
  if hasHistory then freeze() end
  if isNew and hasHistory and ARGV[11] == '' then redis.call('HSET', KEYS[1], 'limitsUnknownAt', now) end
  -- Ends and users that were brought before it was known when the queue opens are kept for too short a time.
  if (tonumber(redis.call('HGET', KEYS[1], 'opensAt')) or 0) > now then redis.call('HSET', KEYS[1], 'keepFrom', 0) end
  isLost, exists = false, {}
  addWholeState(hasHistory and 'restore' or 'begin', issuedBefore)
end

-- Whether the user has idled out since the caller's snapshot. The session would begin again without its user, and idle out
-- for the second time, after which the user may not return. A user who idled out and was back before the snapshot has the
-- same mark, so the log decides.
local leftSince
local function hasIdledOutSince(seq)
  if ARGV[11] == '' or not readTime('idled', seq) then return false end
  if leftSince == nil then
    leftSince = {}
    for _, change in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'log', '(' .. ARGV[11], '+inf', 'LIMIT', 0, LOG_LENGTH)) do
      local left = string.match(change, '^-(%d+):')
      if left then leftSince[tonumber(left)] = true end
    end
  end
  return leftSince[seq] == true
end

-- Brings sessions back, as far as the limit allows: the one in force at the last admission, if that was higher. A limit
-- that was lowered since ends nobody's session.
local function restoreSessions()
  loadLimits()
  local most = math.max(limit, tonumber(redis.call('HGET', KEYS[1], 'limitAtAdmission')) or 0)
  for i = 27, #ARGV, 2 do
    local seq, deadline = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    local isFree = redis.call('ZCARD', KEYS[2]) < most
    local isLive = deadline > now and seq <= headSeq and not isOver(seq)
    local known = tonumber(redis.call('ZSCORE', KEYS[2], seq))
    if isLive and known then
      if deadline > known then setDeadline(seq, deadline) end -- a hold prolonged it, of which the caller before did not know
    elseif isFree and isLive and not hasIdledOutSince(seq) then
      openSession(seq, deadline)
      addLeaf('open', '%.0f', seq)
      redis.call('HSET', KEYS[1], 'limitAtAdmission', most)
    end
  end
end

local pieces = tonumber(ARGV[26])
local areAllThere = pieces >= 0 and takePieces(ARGV[25]) == pieces
if lost() then
  if not areAllThere then return { 'state-lost' } end
  makeState()
end
takeMissingLimits()
headSeq = headSeq or 0
if knownHead > headSeq then
  setHead(math.min(knownHead, issued))
  addLeaf('head', '%.0f', headSeq)
end

-- Only while nobody is admitted: the snapshot of a later caller may be out of date.
if isFrozen() then
  if #ARGV > 26 then freeze() end -- nobody is admitted before the last piece is in
  restoreSessions()
end
appendLeaves()
return { issued, headSeq, gen }
