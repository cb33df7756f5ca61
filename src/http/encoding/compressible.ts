import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Choice, Coding } from './negotiation';

/** Shorter texts fit into one packet, compressed or not. */
const MIN_BYTES = 1024;
/** Compression takes a millisecond in other threads; if those are busy, nobody waits for it. */
const PATIENCE_MS = 25;
/** Beyond it brotli costs more time than its bytes are worth, for a list that lives half a second. */
const BROTLI_QUALITY = 4;

/** The best quality takes 9 s of CPU for the 6 MB of a map of 100,000 seats; this one takes 0.2 s for as few bytes. */
const BROTLI_QUALITY_OF_MANY = 9;
const MOST_BYTES_AT_BEST = 256 * 1024;

const brotli =
  (quality: number) =>
  (bytes: Buffer): Promise<Buffer> =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: quality,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    });

const MAKERS = {
  br: brotli(BROTLI_QUALITY),
  gzip: (bytes: Buffer): Promise<Buffer> => promisify(gzip)(bytes),
};

type Maker = (bytes: Buffer) => Promise<Buffer>;

/** For what is made once and read by a crowd: each byte counts more than the time to make it. */
const SMALLEST = {
  br: (bytes: Buffer): Promise<Buffer> =>
    brotli(bytes.length > MOST_BYTES_AT_BEST ? BROTLI_QUALITY_OF_MANY : constants.BROTLI_MAX_QUALITY)(bytes),
  gzip: MAKERS.gzip,
};

interface Encoded {
  coding: Coding;
  bytes: Buffer;
}

/** Bytes that many clients get; each compressed form is made once, for the first client that accepts it, and kept. */
export class Compressible {
  private readonly forms = new Map<Coding, Encoded | Promise<Encoded>>();

  /**
   * @param options `minBytes`: shorter bytes are compressed only for a client that takes no others; `isLasting`: the first
   * clients wait for a form that is made quickly, and the smallest one takes its place when it is there
   */
  constructor(
    readonly bytes: Buffer,
    private readonly options: { minBytes?: number; isLasting?: boolean } = {},
    private readonly makers: {
      first: Record<'br' | 'gzip', Maker>;
      smallest: Record<'br' | 'gzip', Maker>;
    } = {
      first: MAKERS,
      smallest: SMALLEST,
    },
  ) {}

  /** The bytes in the coding; plain ones if they are short, or if compressing them takes long or fails. */
  async in({ coding, isDemanded }: Choice): Promise<Encoded> {
    const plain: Encoded = { coding: 'identity', bytes: this.bytes };
    if (coding === 'identity' || (this.bytes.length < (this.options.minBytes ?? MIN_BYTES) && !isDemanded))
      return plain;
    const form = this.forms.get(coding) ?? this.make(coding, plain);
    if (!(form instanceof Promise) || isDemanded || this.options.isLasting) return form;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<Encoded>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, plain);
    });
    return Promise.race([form, patience]).finally(() => {
      clearTimeout(timer);
    });
  }

  private make(coding: 'br' | 'gzip', plain: Encoded): Promise<Encoded> {
    const making = this.makers.first[coding](this.bytes).then(
      (bytes) => ({ coding, bytes }),
      () => plain, // no memory for it: the plain bytes are there
    );
    this.forms.set(coding, making);
    void making.then((form) => {
      this.forms.set(coding, form);
      if (this.options.isLasting) this.makeSmallest(coding);
    });
    return making;
  }

  private makeSmallest(coding: 'br' | 'gzip'): void {
    if (this.makers.smallest[coding] === this.makers.first[coding]) return;
    void this.makers.smallest[coding](this.bytes).then(
      (bytes) => this.forms.set(coding, { coding, bytes }),
      () => undefined, // the first one stays
    );
  }
}
