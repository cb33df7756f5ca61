-- issue-5.lua: gives a user its place in line, the same one while it is live; a free place is taken at once.
-- KEYS  1–4 see place.lua  5 the user's live place (string "seq:gen:iat ms:jti")
-- ARGV  1–7 see place.lua  8 a fresh token id (jti)  9 longest wait ms
-- Returns {'LOST'} when the state must be restored first, else {status, seq, gen, iat ms, jti}
--         status: WAITING | PROGRESS
-- @include place.lua
if lost() then return { 'LOST' } end

local live = redis.call('GET', KEYS[5])
if live then
  local seq, itsGen, iat, jti = string.match(live, '^(%d+):(%d+):(%d+):(.+)$')
  seq = tonumber(seq)
  if redis.call('ZSCORE', KEYS[2], seq) then return { 'PROGRESS', seq, tonumber(itsGen), tonumber(iat), jti } end
  local waitedTooLong = now >= tonumber(iat) + tonumber(ARGV[9])
  if not waitedTooLong and not hasEnded('done', seq) and not hasEnded('expired', seq) then
    markPresent(seq)
    if seq <= serving then redis.call('ZADD', KEYS[4], seq, seq) end -- was passed over: asking again is coming back
    return { 'WAITING', seq, tonumber(itsGen), tonumber(iat), jti }
  end
end

local seq = issued + 1
local status = 'WAITING'
redis.call('HSET', KEYS[1], 'issued', seq)
redis.call('SET', KEYS[5], string.format('%.0f:%.0f:%.0f:%s', seq, gen, now, ARGV[8]), 'PX', tokenMs)
if serving == seq - 1 and redis.call('ZCARD', KEYS[4]) == 0 and freePlaces() > 0 then
  setServing(seq)
  enter(seq)
  status = 'PROGRESS'
else
  markPresent(seq)
end

-- One sample of (seq, arrival) each 250 ms is enough to know waits.
local sampled = tonumber(redis.call('HGET', KEYS[1], 'sampled')) or 0
if now - sampled >= 250 then
  redis.call('HSET', KEYS[1], 'sampled', now)
  redis.call('ZADD', prefix .. 'arrivals', seq, string.format('%.0f', now))
  redis.call('PEXPIRE', prefix .. 'arrivals', tokenMs)
end
return { status, seq, gen, now, ARGV[8] }
