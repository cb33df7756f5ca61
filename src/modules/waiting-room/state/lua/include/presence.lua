-- presence.lua: which waiting users are present: a bit per seq, in segments and epochs. Needs common.lua.
local EPOCHS = 3 -- three bitmaps count: that of the current epoch and the two before it

local function presenceKey(at, segment)
  return prefix .. 'present:' .. at .. ':' .. segment
end

local function presenceChanged(segment)
  redis.call('PEXPIRE', presenceKey(epoch, segment), tokenMs) -- a safety net: the rotation deletes it long before
  redis.call('ZADD', prefix .. 'changed', nextVersion(), epoch .. ':' .. segment)
end

-- Whether a bitmap that 'changed' names does not exist any more.
local function hasLostPresence(at, segment)
  return redis.call('EXISTS', presenceKey(at, segment)) == 0
    and redis.call('ZSCORE', prefix .. 'changed', at .. ':' .. segment) ~= false
end

-- To be called before a write to a bitmap of this epoch: else the write would hide that Redis has lost it.
local checked = {}
local function checkPresence(segment)
  if checked[segment] then return end
  checked[segment] = true
  if hasLostPresence(epoch, segment) then declareLost() end
end

-- Segments that have changed, and what was counted in segments from a seq to their end.
local marked, counted = {}, {}
local function markPresent(seq)
  local segment = segmentOf(seq)
  checkPresence(segment)
  if redis.call('SETBIT', presenceKey(epoch, segment), seq % SEGMENT, 1) == 0 then
    marked[segment], counted[segment] = true, nil
  end
end

-- To be called at the end of a script that has marked users.
local function reportPresence()
  for segment in pairs(marked) do presenceChanged(segment) end
end

-- A user is present who was seen in this epoch or in one of the two before, so for two whole epochs at least.
local function isPresent(seq)
  local segment, bit = segmentOf(seq), seq % SEGMENT
  for at = epoch, epoch - EPOCHS + 1, -1 do
    if redis.call('GETBIT', presenceKey(at, segment), bit) == 1 then return true end
  end
  return false
end

-- The first present seq in (after, upTo]. Returns nil when there is none, and also when a bitmap is missing: then the
-- state is declared lost.
local function nextPresent(after, upTo)
  local seq = after + 1
  while seq <= upTo do
    local segment, found = segmentOf(seq), nil
    for at = epoch - EPOCHS + 1, epoch do
      local bit = redis.call('BITPOS', presenceKey(at, segment), 1, seq % SEGMENT, -1, 'BIT')
      if bit < 0 and hasLostPresence(at, segment) then
        declareLost()
        return nil
      end
      if bit >= 0 and (found == nil or bit < found) then found = bit end
    end
    if found ~= nil then
      local first = segment * SEGMENT + found
      if first <= upTo then return first end
      return nil
    end
    seq = (segment + 1) * SEGMENT
  end
  return nil
end

-- How many of [first, last] are present, all of one segment.
local function countInSegment(segment, first, last)
  local known = counted[segment]
  local isToEnd = last % SEGMENT == SEGMENT - 1
  if isToEnd and known and known.first == first then return known.total end
  local any, keys = prefix .. 'present:any', {}
  for at = epoch - EPOCHS + 1, epoch do keys[#keys + 1] = presenceKey(at, segment) end
  redis.call('BITOP', 'OR', any, unpack(keys))
  local total = redis.call('BITCOUNT', any, first % SEGMENT, last % SEGMENT, 'BIT')
  redis.call('DEL', any)
  if isToEnd then counted[segment] = { first = first, total = total } end
  return total
end

-- How many of (after, upTo] are present. Of a batch of entries far back in the queue, each segment is counted once.
local function countPresent(after, upTo)
  local total, first = 0, after + 1
  while first <= upTo do
    local segment = segmentOf(first)
    local last = math.min(upTo, segment * SEGMENT + SEGMENT - 1)
    total = total + countInSegment(segment, first, last)
    first = last + 1
  end
  return total
end
