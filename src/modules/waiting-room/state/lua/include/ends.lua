-- ends.lua: how entries ended: a bit per seq in done:<segment> or expired:<segment>, for as long as a token lives. Needs
-- common.lua and leaves.lua.
-- why: paid | expired | replaced
local function markEnded(how, seq, why)
  local key = how .. ':' .. segmentOf(seq)
  checkBefore(key)
  if redis.call('SETBIT', prefix .. key, seq % SEGMENT, 1) == 0 then addLeaf('end', '%.0f %s', seq, why) end
  redis.call('PEXPIRE', prefix .. key, tokenMs)
  mustHave(key, now + tokenMs)
  for _, name in ipairs({ 'idled', 'extended' }) do redis.call('ZREM', prefix .. name, seq) end
end

local function hasEnded(how, seq)
  return redis.call('GETBIT', prefix .. how .. ':' .. segmentOf(seq), seq % SEGMENT) == 1
end

-- Whether the entry is over: it has paid or has expired.
local function isOver(seq)
  return hasEnded('done', seq) or hasEnded('expired', seq)
end

-- Whether Redis has lost which entries of the seq's segment have ended.
local function hasLostEnds(seq)
  return isMissing('done:' .. segmentOf(seq)) or isMissing('expired:' .. segmentOf(seq))
end
