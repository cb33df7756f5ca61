import type { paths } from './schema';

type Method = 'get' | 'post' | 'delete';

/** `data` of what an endpoint answers. */
type DataOf<Path extends keyof paths, Verb extends Method> = paths[Path][Verb] extends {
  responses: { 200: { content: { 'application/json': { data: infer Data } } } };
}
  ? Data
  : never;

export type QueueStatus = DataOf<'/v1/api/queues/{queueId}/status', 'get'>;
export type Schedule = DataOf<'/v1/api/concerts/schedule', 'get'>[number];
export type Layout = DataOf<'/v1/api/concerts/layout', 'get'>;
