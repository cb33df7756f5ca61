-- sessions.lua: sessions of active users and their deadlines. Needs common.lua, leaves.lua and ends.lua.

-- 'extended', 'idled' and 'holding' map a seq to a time. NX keeps the first time, GT the latest.
local function storeTime(name, which, seq, time)
  redis.call('ZADD', prefix .. name, which, time, seq)
  redis.call('PEXPIRE', prefix .. name, tokenMs)
end

local function readTime(name, seq)
  return tonumber(redis.call('ZSCORE', prefix .. name, seq))
end

local function log(sign, seq, value)
  local version, key = nextVersion(), prefix .. 'log'
  redis.call('ZADD', key, version, string.format('%s%.0f:%.0f', sign, seq, value or version))
  if redis.call('ZCARD', key) == 1 then redis.call('HSET', KEYS[1], 'logFrom', version - 1) end
end

-- A hold that prolongs a session sets its deadline again: so the log brings the new one to the snapshots.
local function setDeadline(seq, deadline)
  redis.call('ZADD', KEYS[2], deadline, seq)
  mustHave('active', ALWAYS)
  log('+', seq, deadline)
end

local function openSession(seq, deadline)
  setDeadline(seq, deadline)
  if idleMs > 0 then redis.call('ZADD', KEYS[3], now + idleMs, seq) end
end

-- Removes a session. Returns whether there was one.
local function leave(seq)
  redis.call('ZREM', KEYS[3], seq)
  local wasActive = redis.call('ZREM', KEYS[2], seq) == 1
  if wasActive then
    log('-', seq)
    if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('HDEL', KEYS[1], 'has:active') end
  end
  return wasActive
end

-- An entry that was passed over is back: it is admitted to the next free session, in order of seq among the rejoined.
local function rejoin(seq)
  if redis.call('ZADD', KEYS[4], seq, seq) == 1 then addLeaf('back', '%.0f', seq) end
end

-- Whether a user who idled out has stayed away until the deadline of the session.
local function hasMissedDeadline(seq)
  local deadline = readTime('idled', seq)
  return deadline ~= nil and deadline <= now
end

-- The deadline of an open session, or nil. A session whose deadline has passed ends here, without waiting for the
-- admission script. Two cases keep it open beyond the deadline: a hold of its user is being made, which needs a session
-- to prolong; and no admission script has run for a while, or had not until a moment ago, because then Redis was away, and
-- a process may still have a hold to report. Snapshots do not learn of either.
local function sessionDeadline(seq)
  local deadline = tonumber(redis.call('ZSCORE', KEYS[2], seq))
  if deadline == nil or deadline > now then return deadline end
  local holding = readTime('holding', seq)
  if holding and holding > now then return deadline end
  if isCatchingUp() or lastTickAt > 0 and now - lastTickAt > CATCH_UP_MS then return deadline end
  leave(seq)
  markEnded('expired', seq, 'expired')
  return nil
end
