-- flush-presence-4.lua: takes over what a process has seen: waiters who polled, visitors who did something.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 longest poll interval it asked for ms  9 number of bitmaps n
--       10… n times: segment, first byte, bits to be set (from that byte on)  then the seqs of active visitors
-- Returns {'LOST'} when the state must be restored first, else {'OK'}
-- @include common.lua
if lost() then return { 'LOST' } end
local asked = tonumber(ARGV[8])
if asked > (tonumber(redis.call('HGET', KEYS[1], 'longestPollInterval')) or 0) then redis.call('HSET', KEYS[1], 'longestPollInterval', asked) end

local seen = prefix .. 'present:seen'
local at = 10
for _ = 1, tonumber(ARGV[9]) do
  local segment = tonumber(ARGV[at])
  local key = presenceKey(epoch, segment)
  redis.call('SETRANGE', seen, ARGV[at + 1], ARGV[at + 2])
  redis.call('BITOP', 'OR', key, key, seen)
  redis.call('DEL', seen)
  presenceChanged(segment)
  at = at + 3
end
for i = at, #ARGV do
  if idleMs > 0 and redis.call('ZSCORE', KEYS[2], ARGV[i]) then redis.call('ZADD', KEYS[3], 'GT', now + idleMs, ARGV[i]) end
end
return { 'OK' }
