-- admit-4.lua: ends what is past and admits the next entries. Any process may call it; only the first call within an
-- admission interval has an effect.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 admission interval ms  9 most entries to admit in one call
-- Returns {'state-lost'} when the state must be restored first, else
--         {'OK', sessions ended by their deadline, sessions ended by idleness, {seqs admitted}, {waits ms}}
-- @include include/common.lua
-- @include include/leaves.lua
-- @include include/limits.lua
-- @include include/presence.lua
-- @include include/ends.lua
-- @include include/sessions.lua
-- @include include/enter.lua
-- @include include/admit-next.lua
-- Leaves that no worker has fetched take no more memory than this (about 40 MB). Beyond it leaves are lost, and the log says so.
local MAX_LEAVES = 500000
local epochMs, intervalMs, most = tonumber(ARGV[5]), tonumber(ARGV[8]), tonumber(ARGV[9])

-- Ends sessions whose deadline has passed and those of idle users. An idle user may rejoin once for the rest of the
-- session; the second time the session is over, so that nobody passes those who wait again and again.
-- Returns how many sessions ended by their deadline, and how many by idleness.
local function endPast()
  redis.call('ZREMRANGEBYSCORE', prefix .. 'holding', '-inf', now)
  local ended = 0
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
    if sessionDeadline(tonumber(seq)) == nil then ended = ended + 1 end
  end
  if idleMs > 0 and redis.call('EXISTS', KEYS[3]) == 0 then -- evicted: nobody would be idle any more
    for _, seq in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('ZADD', KEYS[3], now + idleMs, seq) end
  end
  local idle = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 1000)
  for _, seq in ipairs(idle) do
    local deadline = tonumber(redis.call('ZSCORE', KEYS[2], seq))
    leave(seq)
    if readTime('idled', seq) then
      markEnded('expired', tonumber(seq), 'expired')
    elseif deadline then
      addLeaf('end', '%s released', seq)
      storeTime('idled', 'NX', seq, deadline)
    end
  end
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'idled', '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', prefix .. 'idled', seq)
    if not redis.call('ZSCORE', KEYS[2], seq) then
      redis.call('ZREM', KEYS[4], seq)
      markEnded('expired', tonumber(seq), 'expired')
    end
  end
  return ended, #idle
end

-- Who was present in the epoch that ends, as leaves.
local function addPresence()
  local bitmaps = {}
  for _, member in ipairs(redis.call('ZRANGE', prefix .. 'changed', 0, -1)) do
    local at, segment = string.match(member, '^(%d+):(%d+)$')
    if tonumber(at) == epoch then bitmaps[segment] = redis.call('GET', presenceKey(epoch, segment)) or '' end
  end
  if next(bitmaps) == nil and headSeq == issued then return end -- nobody waits, and nobody did
  addLeaf('epoch', '%.0f', epoch)
  for segment, bits in pairs(bitmaps) do addBits(segment, bits) end
end

-- Begins a new epoch when the current one has lasted one and a half times the longest poll interval that a client was
-- given, so that nobody who polls in time is passed over. What was seen three epochs ago is deleted, and rejoined users
-- who are absent again leave the set: they are ahead of nobody.
local function rotateEpoch()
  local fields = redis.call('HMGET', KEYS[1], 'epochAt', 'longestPollInterval', 'longestPollIntervalBefore')
  local since, longest, longestBefore = tonumber(fields[1]) or 0, tonumber(fields[2]) or 0, tonumber(fields[3]) or 0
  local age = now - since
  if age >= 0 and age < math.max(epochMs, 1.5 * longest, 1.5 * longestBefore) then return end
  addPresence()
  epoch = epoch + 1
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'epochAt', now, 'longestPollIntervalBefore', longest, 'longestPollInterval', 0)
  for _, member in ipairs(redis.call('ZRANGE', prefix .. 'changed', 0, -1)) do
    if tonumber(string.match(member, '^%d+')) <= epoch - EPOCHS then
      redis.call('UNLINK', prefix .. 'present:' .. member)
      redis.call('ZREM', prefix .. 'changed', member)
    end
  end
  for _, seq in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
    if not isPresent(tonumber(seq)) then
      redis.call('ZREM', KEYS[4], seq)
      addLeaf('away', '%s', seq)
    end
  end
end

if lost() then return { 'state-lost' } end

-- A clock that stepped back must not stop admission: a last call "in the future" counts as past.
if lastTickAt <= now and now - lastTickAt < intervalMs * 0.9 then return { 'OK', 0, 0, {}, {} } end
redis.call('HSET', KEYS[1], 'lastTickAt', now)
local silentMs, hadTick = now - lastTickAt, lastTickAt > 0
lastTickAt = now

-- If no process has called for a while, none could report whom it has seen or which holds were made. Until they have
-- caught up, nobody is idle or absent, and no session is past.
if hadTick and silentMs > math.max(CATCH_UP_MS, 3 * intervalMs) then
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now + CATCH_UP_MS)) do
    redis.call('ZADD', KEYS[3], 'GT', now + CATCH_UP_MS, seq)
  end
  for _, seq in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now + CATCH_UP_MS)) do
    storeTime('holding', 'GT', seq, now + CATCH_UP_MS)
  end
  redis.call('HSET', KEYS[1], 'epochAt', now)
end

rotateEpoch()
local ended, idle = endPast()
local admitted, waits = admitNext(most)
-- When a call has admitted as many as it may, the next call continues without a pause, whichever process makes it.
if #admitted == most then redis.call('HSET', KEYS[1], 'lastTickAt', now - intervalMs) end
if #admitted > 0 then -- arrivals before the head are not needed any more
  local oldest = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', headSeq, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if oldest[2] then redis.call('ZREMRANGEBYSCORE', prefix .. 'arrivals', '-inf', '(' .. oldest[2]) end
end
redis.call('ZREMRANGEBYRANK', prefix .. 'log', 0, -LOG_LENGTH - 1)
appendLeaves()
redis.call('LTRIM', prefix .. 'leaves', -MAX_LEAVES, -1)
return { 'OK', ended, idle, admitted, waits }
