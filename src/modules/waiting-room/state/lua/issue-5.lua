-- issue-5.lua: gives a user an entry, the same one while it is live. An entry is admitted at once when a session is free
-- and nobody is ahead.
-- KEYS  1–4 see common.lua  5 users (hash: user -> "seq:gen:iat ms" of the live entry), the user's bucket
-- ARGV  1–7 see common.lua  8 user  9 longest wait ms  10 id of the proof of work ('': none)  11 how long to keep it ms
-- Returns {'state-lost'} when the state must be restored first, {'SPENT'} when the proof has given an entry before that
--         is not live any more, else {status, seq, gen, iat ms, headSeq, deadline of the session (ms), 1 when the entry
--         is new, 1 when the proof was spent before}
--         status: WAITING | PROGRESS; deadline: 0 unless active
-- @include include/common.lua
-- @include include/limits.lua
-- @include include/presence.lua
-- @include include/ends.lua
-- @include include/sessions.lua
-- @include include/enter.lua
-- @include include/users.lua
if lost() then return { 'state-lost' } end
if isMissing(string.sub(KEYS[5], #prefix + 1)) then
  declareLost()
  return { 'state-lost' }
end

-- The proof is spent in the step that makes the entry: a client that lost the answer gets the same entry for the same
-- proof.
local isSpent = ARGV[10] ~= '' and not redis.call('SET', prefix .. 'spent:' .. ARGV[10], 1, 'NX', 'PX', ARGV[11])
local wasSpent = isSpent and 1 or 0

local live = redis.call('HGET', KEYS[5], ARGV[8])
local liveSeq, liveGen, liveIat = string.match(live or '', '^(%d+):(%d+):(%d+)$')
if liveSeq and tonumber(liveGen) >= firstGen() then
  local seq, entryGen, iat = tonumber(liveSeq), tonumber(liveGen), tonumber(liveIat)
  if hasLostEnds(seq) then
    declareLost()
    return { 'state-lost' }
  end
  local deadline = sessionDeadline(seq)
  if deadline then return { 'PROGRESS', seq, entryGen, iat, headSeq, deadline, 0, wasSpent } end
  local hasTime = now < iat + tonumber(ARGV[9]) and not hasMissedDeadline(seq)
  if hasTime and not isOver(seq) then
    markPresent(seq)
    if seq <= headSeq then redis.call('ZADD', KEYS[4], seq, seq) end -- it was passed over, and rejoins
    return { 'WAITING', seq, entryGen, iat, headSeq, 0, 0, wasSpent }
  end
  redis.call('ZREM', KEYS[4], seq) -- the old entry must not be admitted besides the new one
  if not hasEnded('done', seq) then markEnded('expired', seq) end
end
if isSpent then return { 'SPENT' } end

local seq = issued + 1
redis.call('HSET', KEYS[1], 'issued', seq)
register(KEYS[5], ARGV[8], seq, gen, now, tonumber(ARGV[9]))

-- One sample of (seq, arrival) every 250 ms is enough to know how long entries wait.
local sampledAt = tonumber(redis.call('HGET', KEYS[1], 'lastSampleAt')) or 0
if now - sampledAt >= 250 or sampledAt > now then
  redis.call('HSET', KEYS[1], 'lastSampleAt', now)
  redis.call('ZADD', prefix .. 'arrivals', seq, string.format('%.0f', now))
  redis.call('PEXPIRE', prefix .. 'arrivals', tokenMs)
end

if headSeq == seq - 1 and redis.call('ZCARD', KEYS[4]) == 0 and freeSessions() > 0 then
  setHead(seq)
  return { 'PROGRESS', seq, gen, now, headSeq, enter(seq), 1, 0 }
end
markPresent(seq)
return { 'WAITING', seq, gen, now, headSeq, 0, 1, 0 }
