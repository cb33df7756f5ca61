/** Figures of the published Java/Spring system for the same scenario (laptop, 6 CPU/8 GB; then 8 CPU/16 GB, improved). */
export interface Published {
  name: string;
  requestsPerSecond: number;
  avgMs: number;
  p95Ms: number;
  visits: number;
  admitted: string;
}

export const published: Published[] = [
  {
    name: 'published',
    requestsPerSecond: 27.9,
    avgMs: 1230,
    p95Ms: 11_840,
    visits: 79,
    admitted: 'most never got in',
  },
  {
    name: 'published, improved',
    requestsPerSecond: 42,
    avgMs: 14.7,
    p95Ms: 32,
    visits: 204,
    admitted: 'most never got in',
  },
];
