import type { Socket } from 'node:net';

/**
 * Decides when a connection has reached its maximum age. A load balancer often spreads connections, not requests (a
 * Service of Kubernetes does), so a new pod would get no requests of clients that keep their connections (ADR 11).
 */
export class ConnectionAge {
  private readonly endMs = new WeakMap<Socket, number>();

  /** @param lifeMs 0: there is no maximum age */
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
