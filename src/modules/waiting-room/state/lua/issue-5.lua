-- issue-5.lua: gives a user its place in line, the same one while it is live; a free place is taken at once.
-- KEYS  1–4 see common.lua  5 the users' live places (hash: user -> "seq:gen:iat ms"), a bucket of them
-- ARGV  1–7 see common.lua  8 user  9 longest wait ms  10 id of the proof of work ('': none)  11 how long to remember it ms
-- Returns {'LOST'} when the state must be restored first, {'SPENT'} when the proof has given an entry before that is not
--         live any more, else {status, seq, gen, iat ms, serving, lease deadline ms, 1 when the place is new,
--         1 when the proof was spent before}
--         status: WAITING | PROGRESS; deadline 0 unless inside
-- @include common.lua
if lost() then return { 'LOST' } end
if isMissing(string.sub(KEYS[5], #prefix + 1)) then
  declareLost()
  return { 'LOST' }
end

-- In the step that makes the entry: a client that has lost its answer gets the same entry for the same proof.
local isSpent = ARGV[10] ~= '' and not redis.call('SET', prefix .. 'spent:' .. ARGV[10], 1, 'NX', 'PX', ARGV[11])
local wasSpent = isSpent and 1 or 0

local live = redis.call('HGET', KEYS[5], ARGV[8])
local liveSeq, liveGen, liveIat = string.match(live or '', '^(%d+):(%d+):(%d+)$')
if liveSeq and tonumber(liveGen) >= gen - gen % LIFE then -- of this history
  local seq, itsGen, iat = tonumber(liveSeq), tonumber(liveGen), tonumber(liveIat)
  if hasLostEnds(seq) then
    declareLost()
    return { 'LOST' }
  end
  local deadline = leaseOf(seq)
  if deadline then return { 'PROGRESS', seq, itsGen, iat, serving, deadline, 0, wasSpent } end
  local hasTime = now < iat + tonumber(ARGV[9]) and not hasMissedDeadline(seq)
  if hasTime and not hasEnded('done', seq) and not hasEnded('expired', seq) then
    markPresent(seq)
    if seq <= serving then redis.call('ZADD', KEYS[4], seq, seq) end -- was passed over: asking again is coming back
    return { 'WAITING', seq, itsGen, iat, serving, 0, 0, wasSpent }
  end
  redis.call('ZREM', KEYS[4], seq) -- the old place must not be served besides the new one
  if not hasEnded('done', seq) then markEnded('expired', seq) end
end
if isSpent then return { 'SPENT' } end

local seq = issued + 1
redis.call('HSET', KEYS[1], 'issued', seq)
register(KEYS[5], ARGV[8], seq, gen, now, tonumber(ARGV[9]))

-- One sample of (seq, arrival) each 250 ms is enough to know waits.
local sampled = tonumber(redis.call('HGET', KEYS[1], 'sampled')) or 0
if now - sampled >= 250 or sampled > now then
  redis.call('HSET', KEYS[1], 'sampled', now)
  redis.call('ZADD', prefix .. 'arrivals', seq, string.format('%.0f', now))
  redis.call('PEXPIRE', prefix .. 'arrivals', tokenMs)
end

if serving == seq - 1 and redis.call('ZCARD', KEYS[4]) == 0 and freePlaces() > 0 then
  setServing(seq)
  return { 'PROGRESS', seq, gen, now, serving, enter(seq), 1, 0 }
end
markPresent(seq)
return { 'WAITING', seq, gen, now, serving, 0, 1, 0 }
