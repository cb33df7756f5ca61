-- end-session-4.lua: a user has paid: the entry is DONE, and the next entry is admitted in the same step.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 seq  9 most entries to admit in one call
-- Returns {'state-lost'} when the state must be restored first, else
--         {'OK', headSeq, now ms, {seqs admitted}, {waits ms}, 1 when the entry was not DONE before,
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
local seq = tonumber(ARGV[8])
local isNew = hasEnded('done', seq) and 0 or 1
leave(seq)
redis.call('ZREM', KEYS[4], seq)
markEnded('done', seq, 'paid')
local admitted, waits, deadlines = admitNext(tonumber(ARGV[9]))
appendLeaves()
return { 'OK', headSeq, now, admitted, waits, isNew, deadlines }
