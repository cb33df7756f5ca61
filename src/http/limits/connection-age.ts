import type { Socket } from 'node:net';

/**
 * Tells when a connection has lived long enough. What is in front of the pods often spreads connections, not requests
 * (a Service of Kubernetes does), so a pod that came later would get nothing from clients who keep theirs (ADR 11).
 */
export class ConnectionAge {
  private readonly endMs = new WeakMap<Socket, number>();

  /** @param lifeMs 0: connections live as long as their clients like */
  constructor(private readonly lifeMs: number) {}

  /** Whether the answer at `nowMs` (monotonic) should be the connection's last; counted from its first request. */
  isOver(socket: Socket, nowMs: number): boolean {
    if (this.lifeMs === 0) return false;
    const endMs = this.endMs.get(socket);
    if (endMs !== undefined) return nowMs >= endMs;
    // Clients that came together must not come back together: half as long to one and a half times.
    this.endMs.set(socket, nowMs + this.lifeMs * (0.5 + Math.random()));
    return false;
  }
}
