import { LRUCache } from 'lru-cache';
import { monotonicMs } from '../common/clock';

interface Entry<V> {
  value: V;
  loadedAtMs: number;
}

/** Beyond `maxBytes` in all, the values that were not read for longest are forgotten. */
export interface Size<V> {
  maxBytes: number;
  bytesOf: (value: V) => number;
}

/**
 * Values at most `ttlMs` old. Concurrent readers of a missing value share one load; the last good value is kept for
 * `lastGood` when a load fails.
 */
export class ReadCache<K extends string | number, V> {
  private readonly entries: LRUCache<K, Entry<V>>;
  private readonly loads = new Map<K, Promise<V>>();

  constructor(
    private readonly ttlMs: number,
    max: number,
    private readonly onRead: (result: 'hit' | 'miss' | 'shared') => void,
    size?: Size<V>,
  ) {
    const bySize = size && {
      maxSize: size.maxBytes,
      sizeCalculation: ({ value }: Entry<V>) => size.bytesOf(value),
    };
    this.entries = new LRUCache({ max, ...bySize });
  }

  async read(key: K, load: () => Promise<V>): Promise<V> {
    const entry = this.entries.get(key);
    if (entry !== undefined && monotonicMs() - entry.loadedAtMs < this.ttlMs) {
      this.onRead('hit');
      return entry.value;
    }
    const underWay = this.loads.get(key);
    this.onRead(underWay === undefined ? 'miss' : 'shared');
    return underWay ?? this.start(key, load);
  }

  /** The newest value that was ever loaded, however old. */
  lastGood(key: K): V | undefined {
    return this.entries.get(key)?.value;
  }

  private start(key: K, load: () => Promise<V>): Promise<V> {
    // The age counts from before the load: what it read may be as old as that.
    const loadedAtMs = monotonicMs();
    const loading = load()
      .then((value) => {
        this.entries.set(key, { value, loadedAtMs });
        return value;
      })
      .finally(() => this.loads.delete(key));
    this.loads.set(key, loading);
    return loading;
  }
}
