-- enter.lua: admits one entry. Needs common.lua, limits.lua, ends.lua and sessions.lua.
-- A user who idled out gets the rest of the session: the longest session counts from the first admission.
-- why: 'free', 'rejoined', or nil for the next one behind `headBefore`. Returns the deadline of the session.
local function enter(seq, why, headBefore)
  local deadline = readTime('idled', seq) or now + sessionMs
  openSession(seq, deadline)
  countAdmission()
  if why then addLeaf('admit', '%.0f %s', seq, why) else addAdmission(seq, headBefore) end
  return deadline
end
