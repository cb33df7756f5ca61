import { signal } from '@preact/signals';
import { ask, limited } from '../../../shared/api/client';
import { admin, type Rehearsal } from '../../api';
import { authorized } from '../../session';

/** The newest first; undefined: not read yet. */
export const rehearsals = signal<Rehearsal[] | undefined>(undefined);

export async function loadRehearsals(): Promise<void> {
  const answer = await ask(admin.GET('/v1/admin/rehearsals', { headers: authorized(), ...limited() }));
  if (answer.ok) rehearsals.value = answer.data; // else what was read last stays
}
