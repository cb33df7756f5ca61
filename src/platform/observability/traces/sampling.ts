import type { IncomingHttpHeaders } from 'node:http';
import ipaddr from 'ipaddr.js';
import { monotonicMs } from '../../../common/clock';
import type { Network } from '../../../config/parsing/networks';
import { parseTraceParent, type TraceParent } from './traceparent';

export interface SamplingOptions {
  /** Share of the requests without a trusted parent that are traced: 0 to 1. */
  ratio: number;
  /** Most traces that are begun or continued in a second. */
  maxPerSecond: number;
  /** Whose traceparent counts, by the address of the connection. */
  trusted: readonly Network[];
}

/** `true`: a trace begins here. A parent: the caller's trace goes on here. */
export type Sampled = TraceParent | true | undefined;

/** The parts of a request that decide on its trace. */
interface Caller {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/**
 * Decides once, where a request comes in, whether it is traced; everything behind it follows.
 *
 * A traceparent of anybody else than a trusted network is as if it were not there: with its flag a client could have
 * each of its requests recorded, and with its trace id write into the traces of others. Of a trusted one the flag
 * decides, both ways, so that no trace of the caller's has a hole. A bound holds for all together.
 */
export class Sampling {
  private second = 0;
  private begun = 0;

  /** @param onLimited called for each request that the bound leaves untraced */
  constructor(
    private readonly options: SamplingOptions,
    private readonly onLimited: () => void,
    private readonly random: () => number = Math.random,
    private readonly nowMs: () => number = monotonicMs,
  ) {}

  decide(caller: Caller): Sampled {
    const wanted = this.wanted(caller);
    if (wanted === undefined || this.isWithinBound()) return wanted;
    this.onLimited();
    return undefined;
  }

  private wanted({ headers: { traceparent }, socket }: Caller): Sampled {
    if (typeof traceparent === 'string' && this.isTrusted(socket.remoteAddress)) {
      const parent = parseTraceParent(traceparent);
      if (parent !== undefined) return parent.isSampled ? parent : undefined;
    }
    return this.random() < this.options.ratio ? true : undefined;
  }

  private isTrusted(address: string | undefined): boolean {
    if (this.options.trusted.length === 0 || address === undefined) return false;
    const parsed = ipaddr.process(address); // an IPv4 address within IPv6 is the IPv4 address
    return this.options.trusted.some(
      ([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits),
    );
  }

  private isWithinBound(): boolean {
    const second = Math.floor(this.nowMs() / 1000);
    if (second !== this.second) this.begun = 0;
    this.second = second;
    return ++this.begun <= this.options.maxPerSecond;
  }
}
