-- flush-presence-4.lua: stores what a process has seen: waiting users who polled, active users who sent a request.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 longest poll interval (ms) that the process gave to a client  9 number of bitmaps n
--       10… n times: segment, first byte, bits to be set (from that byte on)  then the seqs of active users
-- Returns {'state-lost'} when the state must be restored first, else {'OK'}
-- @include include/common.lua
-- @include include/presence.lua
if lost() then return { 'state-lost' } end
local interval = tonumber(ARGV[8])
local longest = tonumber(redis.call('HGET', KEYS[1], 'longestPollInterval')) or 0
if interval > longest then redis.call('HSET', KEYS[1], 'longestPollInterval', interval) end

local seen = prefix .. 'present:seen'
local at = 10
for _ = 1, tonumber(ARGV[9]) do
  local segment = tonumber(ARGV[at])
  local key = presenceKey(epoch, segment)
  checkPresence(segment)
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
