-- restore-4.lua: makes or mends the state from what a process knows. Idempotent; any number may call it at once.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 highest serving known  9 highest gen known  10 gap: more seqs than can have been issued
--       unknown to the caller  11 1 when the caller has a copy of the queue  12–18 the door by that copy ('': none),
--       in the order of DOOR  19 a new life, should there be no history
--       20 name of the attempt  21 how many pieces of ended turns it has sent by import-ends-4.lua; -1: none, make no state
--       22… leases of that copy: seq, deadline ms, …; any number of calls, so that no call takes too many
-- Returns {issued, serving, gen}, or {'LOST'} when what the attempt has sent is lost as well.
-- @include common.lua
local knownServing, knownGen = tonumber(ARGV[8]), tonumber(ARGV[9])
local DOOR = { 'autoLimit', 'autoRate', 'lastDecision', 'overrideLimit', 'overrideRate', 'paused', 'limitAtAdmission' }
if lost() then
  local attempt = 'ends:' .. ARGV[20]
  local sent = tonumber(redis.call('HGET', KEYS[1], attempt)) or 0
  redis.call('HDEL', KEYS[1], attempt)
  if sent ~= tonumber(ARGV[21]) then return { 'LOST' } end
  if issued == nil then redis.call('UNLINK', prefix .. 'log', prefix .. 'changed') end -- their versions begin anew
  if issued ~= nil and issued < known and ARGV[11] == '1' then -- older than known: who has left since would be inside for ever
    redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
  end
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do -- of what is missing nobody knows more than was sent
    local key = string.match(field, '^has:(.*)$')
    if key and redis.call('EXISTS', prefix .. key) == 0 then redis.call('HDEL', KEYS[1], field) end
  end
  for _, member in ipairs(redis.call('ZRANGE', prefix .. 'changed', 0, -1)) do
    if redis.call('EXISTS', prefix .. 'present:' .. member) == 0 then redis.call('ZREM', prefix .. 'changed', member) end
  end
  redis.call('HDEL', KEYS[1], 'lost')
  for i, field in ipairs(DOOR) do
    if ARGV[11 + i] ~= '' then redis.call('HSETNX', KEYS[1], field, ARGV[11 + i]) end
  end
  local history = known > 0 or knownGen > 0 or gen ~= nil
  issued = history and math.max(issued or 0, known) + tonumber(ARGV[10]) or 0
  gen = math.max(gen or 0, knownGen)
  if gen == 0 then gen = tonumber(ARGV[19]) end
  gen = gen + 1
  redis.call('HSET', KEYS[1], 'issued', issued, 'gen', gen, 'headSeq', serving or 0)
  if history then
    quietUntil = now + QUIET_MS
    redis.call('HSET', KEYS[1], 'frozenUntil', quietUntil)
  end
  isLost, sound = false, {}
end
serving = serving or 0
if knownServing > serving then setServing(math.min(knownServing, issued)) end

-- Only while nobody is admitted: a later caller's copy may be out of date.
if isQuiet() then
  if #ARGV > 21 then -- nobody is admitted before the last piece is in
    quietUntil = now + QUIET_MS
    redis.call('HSET', KEYS[1], 'frozenUntil', quietUntil)
  end
  lookAtDoor()
  -- A cap that has been cut since throws nobody out.
  local most = math.max(cap, tonumber(redis.call('HGET', KEYS[1], 'limitAtAdmission')) or 0)
  for i = 22, #ARGV, 2 do
    local seq, deadline = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    local free = redis.call('ZCARD', KEYS[2]) < most
    local live = deadline > now and seq <= serving and not hasEnded('done', seq) and not hasEnded('expired', seq)
    local known = tonumber(redis.call('ZSCORE', KEYS[2], seq))
    if live and known then
      if deadline > known then setLease(seq, deadline) end -- prolonged by a hold that the caller before had not heard of
    elseif free and live then
      setInside(seq, deadline)
      redis.call('HSET', KEYS[1], 'limitAtAdmission', most)
    end
  end
end
return { issued, serving, gen }
