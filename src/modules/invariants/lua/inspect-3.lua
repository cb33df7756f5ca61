-- inspect-3.lua: one queue as it is at this instant. Changes nothing, and reads a bounded number of members.
-- KEYS  1 state  2 active (zset: seq -> deadline of the session, ms)  3 rejoined (zset: seq -> seq)
-- ARGV  1 most seqs to list  2… seqs that were active above headSeq, to be checked again
-- Returns {issued or -1, headSeq or -1, active users, {seqs active or rejoined above headSeq},
--         limit at the last admission or -1}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'issued', 'headSeq', 'limitAtAdmission')
local issued, serving = tonumber(state[1]) or -1, tonumber(state[2]) or -1
local most, tooEarly = tonumber(ARGV[1]), {}

if serving >= 0 then
  for i = 2, #ARGV do
    local seq = tonumber(ARGV[i])
    if seq > serving and redis.call('ZSCORE', KEYS[2], ARGV[i]) then tooEarly[#tooEarly + 1] = seq end
  end
  local above = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. string.format('%.0f', serving), '+inf', 'LIMIT', 0, most)
  for _, seq in ipairs(above) do
    if #tooEarly < most then tooEarly[#tooEarly + 1] = tonumber(seq) end
  end
end
-- A session whose deadline has passed is over, although the admission script has not removed it yet.
local inside = redis.call('ZCOUNT', KEYS[2], '(' .. string.format('%.0f', now), '+inf')
return { issued, serving, inside, tooEarly, tonumber(state[3]) or -1 }
