/** One second of a run, on the model or real. */
export interface Second {
  at: number;
  limit: number;
  rate: number;
  /** The controller's action and the bottleneck that it saw. */
  action: string;
  p99Ms: number;
  requests: number;
  failed: number;
  waiting: number;
  active: number;
  admitted: number;
  completed: number;
}
