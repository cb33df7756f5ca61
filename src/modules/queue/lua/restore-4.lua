-- restore-4.lua: makes or mends the state from what a process knows. Idempotent; any number may call it at once.
-- KEYS  1–4 see place.lua
-- ARGV  1–7 see place.lua  8 highest serving known  9 highest gen known  10 gap: more seqs than can have been issued
--       unknown to the caller  11 ms without admission, until the waiters' next polls have made them present again
-- Returns {issued, serving, gen}.
-- @include place.lua
local knownServing, knownGen = tonumber(ARGV[8]), tonumber(ARGV[9])
if lost() then
  local history = known > 0 or knownGen > 0
  issued = history and known + tonumber(ARGV[10]) or 0
  gen = math.max(gen or 0, knownGen) + 1
  redis.call('HSET', KEYS[1], 'issued', issued, 'gen', gen, 'serving', serving or 0)
  if history then redis.call('HSET', KEYS[1], 'quiet', now + tonumber(ARGV[11])) end
end
serving = serving or 0
if knownServing > serving then setServing(math.min(knownServing, issued)) end
return { issued, serving, gen }
