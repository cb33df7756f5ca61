-- leaves.lua: what a script has done, as leaves of the queue's transparency log. Needs common.lua.
-- A leaf is a line of text: its type, the time (ms), and its arguments (docs/transparency.md). They lie in the list
-- 'leaves' until a worker has made them durable (drain-leaves-4.lua).
local leaves = {}
local atNow = string.format(' %.0f ', now)

-- Entries that are issued one after the other, and those that are admitted in turn, are one text until the worker reads
-- it, which is most of what their leaves cost here. One such text is open at a time.
-- 'issues <ms> <first seq> <gen> <user> …'  'admits <ms> <head before> <seq> …'
local openText, openItems, nextSeq, lastAdmitted
local function closeText()
  if openText == nil then return end
  leaves[#leaves + 1] = openText .. table.concat(openItems, ' ')
  openText, nextSeq, lastAdmitted = nil, nil, nil
end

local function addIssue(seq, user)
  if seq ~= nextSeq then
    closeText()
    openText, openItems = 'issues' .. atNow .. string.format('%.0f %.0f ', seq, gen), {}
  end
  openItems[#openItems + 1] = user
  nextSeq = seq + 1
end

local function addAdmission(seq, headBefore)
  if headBefore ~= lastAdmitted then
    closeText()
    openText, openItems = 'admits' .. atNow .. string.format('%.0f ', headBefore), {}
  end
  openItems[#openItems + 1] = seq
  lastAdmitted = seq
end

local function addLeaf(kind, text, ...)
  closeText()
  leaves[#leaves + 1] = kind .. atNow .. string.format(text, ...)
end

-- Bits of a segment that were present in the epoch, from the first byte on that is not zero.
local function addBits(segment, bits)
  local first = string.find(bits, '[^%z]')
  if first then leaves[#leaves + 1] = string.format('present %.0f %.0f %s %d ', now, epoch, segment, first - 1) .. string.sub(bits, first) end
end

-- To be called at the end of a script that may have added leaves. Lua does not unpack any number of values at once.
local function appendLeaves()
  closeText()
  for from = 1, #leaves, 1000 do
    redis.call('RPUSH', prefix .. 'leaves', unpack(leaves, from, math.min(#leaves, from + 999)))
  end
  leaves = {}
end

local function storeToDescribe(where)
  toDescribe = where
  if where then redis.call('HSET', KEYS[1], 'toDescribe', where) else redis.call('HDEL', KEYS[1], 'toDescribe') end
end

-- Leaves of the next sessions of a whole state, then of its rejoined entries: 'active <cursor of ZSCAN>', then
-- 'rejoined <last seq>'. Each call of the admission script adds a piece, and nobody is admitted before the last one.
-- Sessions that end meanwhile need no leaf, and no session begins; one leaf may come twice.
local function describePiece()
  local most = #leaves + PIECE
  while toDescribe and #leaves < most do
    local which, from = string.match(toDescribe, '^(%a+) (%d+)$')
    if which == 'active' then
      local scan = redis.call('ZSCAN', KEYS[2], from, 'COUNT', PIECE)
      for i = 1, #scan[2], 2 do addLeaf('open', '%s', scan[2][i]) end
      storeToDescribe(scan[1] == '0' and 'rejoined 0' or 'active ' .. scan[1])
    else
      local seqs = redis.call('ZRANGEBYSCORE', KEYS[4], '(' .. from, '+inf', 'LIMIT', 0, PIECE)
      for _, seq in ipairs(seqs) do addLeaf('back', '%s', seq) end
      storeToDescribe(#seqs == PIECE and 'rejoined ' .. seqs[#seqs])
    end
  end
end

-- Leaves that say all of the state that admission depends on: what follows can be checked without what was before. So the
-- limits are said again before the next admission.
local function addWholeState(kind, issuedBefore)
  redis.call('HDEL', KEYS[1], 'loggedLimit')
  local set = redis.call('HMGET', KEYS[1], 'paused', 'overrideLimit', 'overrideRate', 'autoLimit', 'autoRate')
  for i = 1, 5 do set[i] = set[i] or '-' end
  local active, rejoined = redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[4])
  local progress = string.format('%.0f %.0f %.0f %.0f %.0f %d %d ', gen, issuedBefore, issued, headSeq or 0, epoch, active, rejoined)
  addLeaf(kind, '%s', progress .. table.concat(set, ' '))
  storeToDescribe('active 0')
  describePiece()
end
