-- admit-4.lua: ends what is past and admits the next entries. Any process may call it; only the first call within an
-- admission interval has an effect.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 admission interval ms  9 most entries to admit in one call
-- Returns {'state-lost'} when the state must be restored first, else
--         {'OK', sessions ended by their deadline, sessions ended by idleness, {seqs admitted}, {waits ms}, 1 when there is
--         more to do at once}
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

-- Brings back idle deadlines that Redis has evicted, else their users would never be idle: a piece by each call. A script
-- may have written others since, so all of 'idle' is there only when it is as long as 'active'.
local function refillIdle()
  if idleMs == 0 then return end
  local from = redis.call('HGET', KEYS[1], 'refillIdle')
  if not from and redis.call('ZCARD', KEYS[3]) < redis.call('ZCARD', KEYS[2]) then from = '0' end
  if not from then return end
  local scan = redis.call('ZSCAN', KEYS[2], from, 'COUNT', PIECE)
  for i = 1, #scan[2], 2 do redis.call('ZADD', KEYS[3], 'NX', now + idleMs, scan[2][i]) end
  if scan[1] == '0' then redis.call('HDEL', KEYS[1], 'refillIdle') else redis.call('HSET', KEYS[1], 'refillIdle', scan[1]) end
  return scan[1] ~= '0'
end

-- Rejoined users who are absent again leave the set: they are ahead of nobody. A piece by each call, from the beginning of
-- an epoch on; nobody leaves who is not a leaf yet.
local function checkRejoined()
  local from = redis.call('HGET', KEYS[1], 'checkRejoined')
  if not from or toDescribe then return false end
  local seqs = redis.call('ZRANGEBYSCORE', KEYS[4], '(' .. from, '+inf', 'LIMIT', 0, PIECE)
  for _, seq in ipairs(seqs) do
    if not isPresent(tonumber(seq)) then
      redis.call('ZREM', KEYS[4], seq)
      addLeaf('away', '%s', seq)
    end
  end
  if #seqs < PIECE then redis.call('HDEL', KEYS[1], 'checkRejoined') else redis.call('HSET', KEYS[1], 'checkRejoined', seqs[PIECE]) end
  return #seqs == PIECE
end

-- Removes the lowest `count` members of a sorted set, as many as a call may.
local function trim(name, count)
  if count > 0 then redis.call('ZREMRANGEBYRANK', prefix .. name, 0, math.min(count, 2 * PIECE) - 1) end
end

-- Ends sessions whose deadline has passed and those of idle users. An idle user may rejoin once for the rest of the
-- session; the second time the session is over, so that nobody passes those who wait again and again.
-- Returns how many sessions ended by their deadline, how many by idleness, and whether there may be more.
local function endPast()
  trim('holding', redis.call('ZCOUNT', prefix .. 'holding', '-inf', now))
  local ended, idle = 0, {}
  if not isCatchingUp() then
    for _, seq in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, PIECE)) do
      if sessionDeadline(tonumber(seq)) == nil then ended = ended + 1 end
    end
    idle = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, PIECE)
  end
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
  local away = redis.call('ZRANGEBYSCORE', prefix .. 'idled', '-inf', now, 'LIMIT', 0, PIECE)
  for _, seq in ipairs(away) do
    redis.call('ZREM', prefix .. 'idled', seq)
    if not redis.call('ZSCORE', KEYS[2], seq) then
      redis.call('ZREM', KEYS[4], seq)
      markEnded('expired', tonumber(seq), 'expired')
    end
  end
  return ended, #idle, math.max(ended, #idle, #away) == PIECE
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
-- given, so that nobody who polls in time is passed over. What was seen three epochs ago is deleted.
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
  redis.call('HSETNX', KEYS[1], 'checkRejoined', 0)
end

if lost() then return { 'state-lost' } end

-- A clock that stepped back must not stop admission: a last call "in the future" counts as past.
if lastTickAt <= now and now - lastTickAt < intervalMs * 0.9 then return { 'OK', 0, 0, {}, {}, 0 } end
redis.call('HSET', KEYS[1], 'lastTickAt', now)
local silentMs, hadTick = now - lastTickAt, lastTickAt > 0
lastTickAt = now

-- If no process has called for a while, none could report whom it has seen or which holds were made. Until they have
-- caught up, nobody is idle or absent, and no session is past.
if hadTick and silentMs > math.max(CATCH_UP_MS, 3 * intervalMs) then
  caughtUpAt = now + CATCH_UP_MS
  redis.call('HSET', KEYS[1], 'epochAt', now, 'caughtUpAt', caughtUpAt)
end

describePiece()
rotateEpoch()
local isRefilling, isChecking = refillIdle(), checkRejoined()
local ended, idle, isEnding = endPast()
local admitted, waits, _, isUnfinished = admitNext(most)
-- When a call has done as much as it may, the next call continues without a pause, whichever process makes it.
local hasMore = isUnfinished or isEnding or toDescribe or isRefilling or isChecking
if hasMore then redis.call('HSET', KEYS[1], 'lastTickAt', now - intervalMs) end
if #admitted > 0 then -- arrivals before the head are not needed any more
  local oldest = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', headSeq, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if oldest[2] then redis.call('ZREMRANGEBYSCORE', prefix .. 'arrivals', '-inf', '(' .. oldest[2]) end
end
trim('log', redis.call('ZCARD', prefix .. 'log') - LOG_LENGTH)
appendLeaves()
redis.call('LTRIM', prefix .. 'leaves', -MAX_LEAVES, -1)
return { 'OK', ended, idle, admitted, waits, hasMore and 1 or 0 }
