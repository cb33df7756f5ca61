-- admit-next.lua: admits the next entries. Needs common.lua, limits.lua, presence.lua, ends.lua, sessions.lua, enter.lua.

-- How long an entry has waited, from the arrivals sampled at issue (every 250 ms); nil when no sample is left.
local function waitedMs(seq)
  local sample = redis.call('ZREVRANGEBYSCORE', prefix .. 'arrivals', seq, '-inf', 'LIMIT', 0, 1)
  return sample[1] and math.max(0, now - tonumber(sample[1]))
end

-- Looks at `most` entries at most, and admits those that it may: first those who rejoined, in order of seq, then the next present ones. An entry that is
-- over (its user has seen EXPIRED, or has paid before a loss) is not admitted again.
-- Returns the admitted seqs, the waits (ms) that are known, the deadlines of the sessions, and whether there may be more to
-- admit.
local function admitNext(most)
  local admitted, waits, deadlines, free = {}, {}, {}, math.min(freeSessions(), most)
  local visited = 0
  while #admitted < free and visited < most do
    local seq, why, headBefore
    visited = visited + 1
    local first = redis.call('ZPOPMIN', KEYS[4])
    if first[1] then
      seq, why = tonumber(first[1]), 'rejoined'
      if hasLostEnds(seq) then
        redis.call('ZADD', KEYS[4], seq, seq)
        declareLost()
        break
      end
      if not isPresent(seq) or hasMissedDeadline(seq) then -- absent again; it may rejoin once more
        addLeaf('away', '%.0f', seq)
        seq = nil
      end
    else
      seq = nextPresent(headSeq, issued)
      if seq and hasLostEnds(seq) then declareLost() end
      if isLost then break end
      if seq == nil then
        if headSeq < issued then -- all others are passed over
          addLeaf('pass', '%.0f %.0f', headSeq, issued)
          setHead(issued)
        end
        break
      end
      headBefore = headSeq
      setHead(seq)
    end
    if seq ~= nil and not isOver(seq) and not hasMissedDeadline(seq) then
      deadlines[#deadlines + 1] = enter(seq, why, headBefore)
      admitted[#admitted + 1] = seq
      local waited = waitedMs(seq)
      if waited then waits[#waits + 1] = waited end
    end
  end
  return admitted, waits, deadlines, visited == most
end
