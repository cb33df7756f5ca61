-- drain-leaves-4.lua: gives a worker the leaves that it has not made durable yet, and forgets those that it has. The last
-- durable leaf stays in front: while it is there, nothing has been lost.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 the last durable leaf ('': none)  9 most leaves to give  10 1 to add leaves that describe the whole state
--       by leaves at the end, when the caller has found that some are lost
-- Returns {'state-lost'} when the state must be restored first, else
--         {now ms, 1 when the last durable leaf was found, leaves that are left besides, {leaf, …}}
--         When it was not found, the leaves are those from the front of the list on.
-- @include include/common.lua
-- @include include/leaves.lua
if lost() then return { 'state-lost' } end
local key, anchor, most = prefix .. 'leaves', ARGV[8], tonumber(ARGV[9])
if ARGV[10] == '1' then
  addWholeState('state', issued)
  appendLeaves()
end

-- Where the anchor is: in front, or behind leaves that are durable as well, when the worker died before they were forgotten.
-- Those are not more than a worker gets at once. Elsewhere it is not searched for: there may be half a million.
local index = anchor ~= '' and redis.call('LPOS', key, anchor, 'MAXLEN', 20 * PIECE) or nil
if index and index > 0 then redis.call('LTRIM', key, index, -1) end
local from = index and 1 or 0
local given = redis.call('LRANGE', key, from, from + most - 1)
return { now, index and 1 or 0, redis.call('LLEN', key) - from - #given, given }
