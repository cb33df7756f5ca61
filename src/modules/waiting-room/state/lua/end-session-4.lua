-- end-session-4.lua: users have paid: their entries are DONE, and the next entries are admitted in the same step.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 most entries to admit in one call  9… the seqs
-- Returns {'state-lost'} when the state must be restored first, else
--         {'OK', headSeq, now ms, {seqs admitted}, {waits ms}, {of each seq: 1 when the entry was not DONE before},
--         {deadlines (ms) of the sessions of those admitted}}
-- @include include/common.lua
-- @include include/leaves.lua
-- @include include/limits.lua
-- @include include/presence.lua
-- @include include/ends.lua
-- @include include/sessions.lua
-- @include include/enter.lua
-- @include include/admit-next.lua
if lost() then return { 'state-lost' } end
local areNew = {}
for i = 9, #ARGV do
  local seq = tonumber(ARGV[i])
  areNew[#areNew + 1] = hasEnded('done', seq) and 0 or 1
  leave(seq)
  redis.call('ZREM', KEYS[4], seq)
  markEnded('done', seq, 'paid')
end
local admitted, waits, deadlines = admitNext(tonumber(ARGV[8]))
appendLeaves()
return { 'OK', headSeq, now, admitted, waits, areNew, deadlines }
