-- end-session-4.lua: the visitor has paid: its turn is DONE and its place is given on in the same step.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 seq  9 most to admit in one call
-- Returns {'LOST'} when the state must be restored first, else
--         {'OK', serving, now ms, {seqs admitted}, {waits ms}, 1 when the turn was not DONE before,
--         {deadlines ms of the sessions of those admitted}}
-- @include common.lua
if lost() then return { 'LOST' } end
local seq = tonumber(ARGV[8])
local isNew = hasEnded('done', seq) and 0 or 1
leave(seq)
redis.call('ZREM', KEYS[4], seq)
markEnded('done', seq)
local admitted, waits, deadlines = admitNext(tonumber(ARGV[9]))
return { 'OK', serving, now, admitted, waits, isNew, deadlines }
