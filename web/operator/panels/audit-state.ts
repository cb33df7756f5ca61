import { signal } from '@preact/signals';
import { ask, limited } from '../../shared/api/client';
import { admin, type AuditEntry } from '../api';
import { authorized } from '../session';

/** Newest first; undefined: not read yet. */
export const entries = signal<AuditEntry[] | undefined>(undefined);
export const hasFailed = signal(false);

/** @param before reads on behind this entry */
export async function loadAudit(before?: number): Promise<void> {
  const query = before === undefined ? {} : { before: String(before) };
  const answer = await ask(
    admin.GET('/v1/admin/audit', { params: { query }, headers: authorized(), ...limited() }),
  );
  hasFailed.value = !answer.ok;
  if (answer.ok)
    entries.value = before === undefined ? answer.data : [...(entries.peek() ?? []), ...answer.data];
}
