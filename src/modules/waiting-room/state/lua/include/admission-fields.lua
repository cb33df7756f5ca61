-- admission-fields.lua: the fields of the state that a snapshot keeps of the admission, and that a restore brings back.
-- The order is that of ADMISSION_FIELDS in admission-fields.ts.
local ADMISSION_FIELDS = {
  'autoLimit', 'autoRate', 'lastDecision', 'overrideLimit', 'overrideRate', 'paused', 'limitAtAdmission',
  'collectsSince', 'opensAt', 'drawing', 'cut', 'draws',
}
