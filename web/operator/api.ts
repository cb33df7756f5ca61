import type { paths } from '../shared/api/admin';
import { typed } from '../shared/api/typed';

/** Every path of /v1/admin, typed by its own document. */
export const admin = typed<paths>();

type Data<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': { data: infer D } } } } };
}
  ? D
  : never;

export type LiveReport = Data<'/v1/admin/live'>;
export type LiveQueue = LiveReport['queues'][number];

/** A second of the curves. */
export interface HistoryPoint {
  atMs: number;
  p99Ms: number | null;
  queues: Record<string, { waiting: number; active: number; limit: number }>;
}

export type Concert = Data<'/v1/admin/concerts'>[number];
export type Schedule = Data<'/v1/admin/schedules'>[number];
export type AuditEntry = Data<'/v1/admin/audit'>[number];
export type Rehearsal = Data<'/v1/admin/rehearsals'>[number];
