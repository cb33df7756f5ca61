-- resolve-4.lua: the status of tokens. The call counts as a poll of each: a waiting user is present by it, an active user
-- is not idle.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 longest wait ms  9 within how long (ms) a hold is made or refused  10 how long a hold lasts ms
--       11… n times: seq, gen of the token, user, iat ms, 1 when a hold is to be made
-- Returns {'state-lost'} when the state must be restored first, else {now ms, n times: status, position (0 unless waiting),
--         deadline of the session (ms, 0 unless active), 1 if it may hold more}
--         status: WAITING | PROGRESS | DONE | EXPIRED | not-issued-here, when this queue never issued it | drawn, when a draw
--         has given it another number | state-lost, when the state is found lost at this token
-- @include include/common.lua
-- @include include/leaves.lua
-- @include include/limits.lua
-- @include include/presence.lua
-- @include include/ends.lua
-- @include include/sessions.lua
-- @include include/enter.lua
-- @include include/users.lua
if lost() then return { 'state-lost' } end
local waitMs, holdRequestMs, holdMs = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local reply = { now }

local function answer(status, position, deadline, mayHold)
  local at = #reply
  reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = status, position or 0, deadline or 0, mayHold or 0
end

-- Of a user in a session. Returns whether the user may make another hold: 1 or 0; nil: the session is over.
local function touchSession(seq, deadline, isToHold)
  local withinMs, mayHold = isToHold and holdRequestMs or 0, 1
  if withinMs > 0 then
    if deadline <= now then return nil end -- only an earlier hold that is being made keeps the session open
    if now >= (readTime('extended', seq) or deadline) + holdMs then mayHold = 0 end
    if mayHold == 1 and deadline - now < withinMs then storeTime('holding', 'GT', seq, now + withinMs) end
  end
  if idleMs > 0 then redis.call('ZADD', KEYS[3], 'GT', now + math.max(idleMs, withinMs), seq) end
  return mayHold
end

local function answerWaiting(seq)
  markPresent(seq)
  if seq > headSeq then return answer('WAITING', redis.call('ZCARD', KEYS[4]) + countPresent(headSeq, seq - 1) + 1) end
  -- The entry was passed over and rejoins: it is admitted to the next free session, in order of seq among the rejoined.
  rejoin(seq)
  local ahead = redis.call('ZRANK', KEYS[4], seq)
  if ahead > 0 or freeSessions() == 0 then return answer('WAITING', ahead + 1) end
  redis.call('ZREM', KEYS[4], seq)
  return answer('PROGRESS', 0, enter(seq, 'rejoined'), 1)
end

local function resolve(seq, entryGen, user, iat, isToHold)
  if isLost then return answer('state-lost') end
  if entryGen > gen or entryGen < firstGen() then return answer('not-issued-here') end -- a later generation, or an earlier history
  if isDrawn(seq) then return answer('drawn') end
  if seq > issued then return answer('state-lost') end -- a genuine token proves that its seq was issued
  if hasLostEnds(seq) then
    declareLost()
    return answer('state-lost')
  end
  local deadline = sessionDeadline(seq)
  if not deadline then
    if hasEnded('done', seq) then return answer('DONE') end
    if hasEnded('expired', seq) then return answer('EXPIRED') end
    if now >= waitEnds(iat, waitMs) or hasMissedDeadline(seq) then
      redis.call('ZREM', KEYS[4], seq)
      markEnded('expired', seq, 'expired')
      return answer('EXPIRED')
    end
  end
  if not register(user, seq, entryGen, iat, waitMs) then return answer('EXPIRED') end
  if not deadline then return answerWaiting(seq) end
  local mayHold = touchSession(seq, deadline, isToHold)
  if mayHold then answer('PROGRESS', 0, deadline, mayHold) else answer('EXPIRED') end
end

for i = 11, #ARGV, 5 do
  resolve(tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 4] == '1')
end
keepUsers()
reportPresence()
appendLeaves()
return reply
