-- issue-4.lua: gives entries to users in the order of their requests; a live entry is given again. An entry is
-- admitted immediately when a session is free and nobody is ahead.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 longest wait ms  9… n times: user, proof ('': none, else '<how long to keep it ms>:<id>'),
--       number that a draw has given to the user's entry ('': none is known)
-- Returns {'state-lost'} when the state must be restored first, else {headSeq, n times: status, seq, gen, iat ms,
--         deadline of the session (ms), 1 when the entry is new, 1 when the proof was spent before}
--         status: WAITING | PROGRESS | drawn, when a draw has given the entry another number, to be called again with |
--         SPENT, when the proof has given an entry before that is not live any more, or another user's |
--         state-lost, when the state is found lost at this user
--         deadline: 0 unless active
-- @include include/common.lua
-- @include include/leaves.lua
-- @include include/limits.lua
-- @include include/presence.lua
-- @include include/ends.lua
-- @include include/sessions.lua
-- @include include/enter.lua
-- @include include/users.lua
-- @include include/registration.lua
if lost() then return { 'state-lost' } end
local waitMs = tonumber(ARGV[8])
local reply = { headSeq }

local function answer(status, seq, entryGen, iat, deadline, isNew, wasSpent)
  local at = #reply
  reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = status, seq, entryGen, iat
  reply[at + 5], reply[at + 6], reply[at + 7] = deadline, isNew, wasSpent
end

local function answerLost()
  declareLost()
  answer('state-lost', 0, 0, 0, 0, 0, 0)
end

-- The proof is spent in the step that makes the entry: a client that lost the answer gets the same entry for the same
-- proof. Not every proof names its user, so that one spent for a user gives nobody else's entry.
-- Returns whether it was spent before, and whether for another user.
local function spend(proof, user)
  if proof == '' then return false, false end
  local lifeMs, id = string.match(proof, '^(%d+):(.*)$')
  local spender = redis.call('SET', prefix .. 'spent:' .. id, 'user:' .. user, 'NX', 'PX', lifeMs, 'GET')
  -- Earlier versions wrote 1.
  return spender ~= false, spender and spender ~= '1' and spender ~= 'user:' .. user
end

-- One sample of (seq, arrival) every 250 ms is enough to measure how long entries wait.
local sampledAt
local function sampleArrival(seq)
  sampledAt = sampledAt or tonumber(redis.call('HGET', KEYS[1], 'lastSampleAt')) or 0
  if now - sampledAt < 250 and sampledAt <= now then return end
  sampledAt = now
  redis.call('HSET', KEYS[1], 'lastSampleAt', now)
  redis.call('ZADD', prefix .. 'arrivals', seq, string.format('%.0f', now))
  redis.call('PEXPIRE', prefix .. 'arrivals', tokenMs)
end

local function makeEntry(user)
  issued = issued + 1
  local seq = issued
  storeEntry(user, seq, gen, now)
  addIssue(seq, user)
  sampleArrival(seq)
  if headSeq == seq - 1 and redis.call('ZCARD', KEYS[4]) == 0 and freeSessions() > 0 then
    setHead(seq)
    answer('PROGRESS', seq, gen, now, enter(seq, 'free'), 1, 0)
  else
    markPresent(seq)
    answer('WAITING', seq, gen, now, 0, 1, 0)
  end
end

local function issue(user, proof, drawn)
  if isLost or isMissing(bucketOf(user)) then return answerLost() end
  local seq, entryGen, iat = liveEntry(user)
  if seq and isDrawn(seq) then
    if not drawn then return answer('drawn', seq, entryGen, iat, 0, 0, 0) end
    storeEntry(user, drawn, entryGen, iat)
    seq = drawn
  end
  if seq and hasLostEnds(seq) then return answerLost() end -- before the proof is spent: the user comes again after the restore
  local spent, isOfAnother = spend(proof, user)
  if isOfAnother then return answer('SPENT', 0, 0, 0, 0, 0, 1) end
  local wasSpent = spent and 1 or 0
  if seq then
    local deadline = sessionDeadline(seq)
    if deadline then return answer('PROGRESS', seq, entryGen, iat, deadline, 0, wasSpent) end
    if now < waitEnds(iat, waitMs) and not hasMissedDeadline(seq) and not isOver(seq) then
      markPresent(seq)
      if seq <= headSeq then rejoin(seq) end -- it was passed over
      return answer('WAITING', seq, entryGen, iat, 0, 0, wasSpent)
    end
    redis.call('ZREM', KEYS[4], seq) -- the old entry must not be admitted besides the new one
    if not hasEnded('done', seq) then markEnded('expired', seq, 'expired') end
  end
  if spent then return answer('SPENT', 0, 0, 0, 0, 0, 1) end
  makeEntry(user)
end

local buckets = {}
for i = 9, #ARGV, 3 do buckets[#buckets + 1] = bucketOf(ARGV[i]) end
checkKeys(buckets)
closeRegistration()
-- As many as may be new, until it is known how many are: so no error on the way can lead to two entries with one seq.
local mostIssued = issued + #buckets
redis.call('HSET', KEYS[1], 'issued', mostIssued)
for i = 9, #ARGV, 3 do issue(ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])) end
if issued < mostIssued then redis.call('HSET', KEYS[1], 'issued', issued) end
keepUsers()
reportPresence()
appendLeaves()
reply[1] = headSeq
return reply
