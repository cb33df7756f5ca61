-- enter.lua: admits one entry. Needs common.lua, limits.lua, ends.lua and sessions.lua.
-- A user who idled out gets the rest of the session: the longest session counts from the first admission.
-- why: 'free', 'rejoined', or 'next <head before it>'. Returns the deadline of the session.
local function enter(seq, why)
  local deadline = readTime('idled', seq) or now + sessionMs
  openSession(seq, deadline)
  countAdmission()
  addLeaf('admit', '%.0f %s', seq, why)
  return deadline
end
