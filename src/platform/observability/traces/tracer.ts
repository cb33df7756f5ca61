import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';
import type { Sampling } from './sampling';
import type { Attributes, Span, SpanMaker, SpanOptions } from './span';
import { parseTraceParent, traceParentOf } from './traceparent';

/** The parts of a request that a trace uses. */
type Caller = Parameters<Sampling['decide']>[0];

export interface TracerParts {
  sampling: Sampling;
  /** Loads what makes spans: only now does a process need memory for it. */
  load: (logger: Logger) => Promise<SpanMaker>;
}

/**
 * Traces, by spans that the code makes itself: nothing is patched. What runs within a span finds it by the asynchronous
 * context, so that no signature has to carry it. Off, and for what is not sampled, there is no context, and every method
 * does its work and nothing else.
 */
export class Tracer {
  private maker: SpanMaker | undefined;
  private readonly current = new AsyncLocalStorage<Span | undefined>();

  /** @param parts undefined: off */
  constructor(private readonly parts?: TracerParts) {}

  get isOn(): boolean {
    return this.parts !== undefined;
  }

  async start(logger: Logger): Promise<void> {
    this.maker = await this.parts?.load(logger);
  }

  /** @param withinMs longest wait for the collector */
  async stop(withinMs: number): Promise<void> {
    const { maker } = this;
    this.maker = undefined;
    await maker?.close(withinMs);
  }

  /** The span of what runs now; one that has ended is none: a connection outlives the request that opened it. */
  active(): Span | undefined {
    if (this.maker === undefined) return undefined;
    const span = this.current.getStore();
    return span?.isOpen === true ? span : undefined;
  }

  /** Of what runs now, to be sent along with what it causes elsewhere. */
  traceparent(): string | undefined {
    const span = this.active();
    return span && traceParentOf(span.context);
  }

  /** The span of a request that comes in, if it is traced. */
  server(caller: Caller): Span | undefined {
    const sampled = this.maker && this.parts?.sampling.decide(caller);
    if (sampled === undefined) return undefined;
    return this.maker?.make('HTTP', sampled === true ? undefined : sampled, { kind: 'server' });
  }

  /** A span within what runs now; undefined where that is not traced. */
  child(name: string, options: SpanOptions = {}): Span | undefined {
    const parent = this.active();
    return parent && this.maker?.make(name, parent.context, options);
  }

  /** Goes on with a trace that a row or a message carries; undefined where it carries none. */
  continued(traceparent: string | null | undefined, name: string, options: SpanOptions): Span | undefined {
    if (this.maker === undefined) return undefined;
    const parent = parseTraceParent(traceparent);
    return parent?.isSampled === true ? this.maker.make(name, parent, options) : undefined;
  }

  /** Runs `work` so that it finds this span, or none. */
  within<T>(span: Span | undefined, work: () => T): T {
    return this.maker !== undefined && this.current.getStore() !== span
      ? this.current.run(span, work)
      : work();
  }

  /** Runs `work` within this span and ends it. */
  async ending<T>(span: Span | undefined, work: () => Promise<T>): Promise<T> {
    if (span === undefined) return work();
    try {
      const result = await this.within(span, work);
      span.end();
      return result;
    } catch (error) {
      span.end(error ?? 'unknown');
      throw error;
    }
  }

  /** Runs `work` within a span of its name. Where nothing is traced it is `work` alone. */
  run<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
    return this.active() === undefined ? work() : this.ending(this.child(name, options), work);
  }

  /**
   * Runs `work`, which is done for several requests at once: within the trace of the first one that is traced, with links
   * to the others and from them. Without one that is traced it runs in no trace, also when a traced request has begun it.
   */
  together<T>(
    name: string,
    attributes: Attributes,
    requests: readonly (Span | undefined)[],
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.maker === undefined) return work();
    const [first, ...links] = requests.filter((span) => span !== undefined);
    if (first === undefined) return this.within(undefined, work);
    const span = this.maker.make(name, first.context, { attributes, links });
    for (const other of links) other.link(span);
    return this.ending(span, work);
  }
}

/** For what is made without one: it is off. */
export const NO_TRACES = new Tracer();
