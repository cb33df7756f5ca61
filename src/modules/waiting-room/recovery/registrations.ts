import { SparseBits } from '../../../common/sparse-bits';
import type { Entry } from '../state/entries/entry';
import type { StateLost } from '../state/results';

interface RegistrationStore {
  /** @returns the seqs that are not their users' entries */
  register(entries: Entry[], known: number): Promise<number[] | StateLost>;
}

/**
 * Which entry belongs to which user, as far as this process knows. Redis knows it of every user (`users` in keys.ts), but
 * may lose it. Therefore entries from before the latest restore are registered again, by the first poll of each, and an
 * active one counts as active only when Redis has confirmed that it is its user's. This takes a bit per entry and
 * generation.
 */
export class Registrations {
  private confirmed = new SparseBits();
  private scheduled = new SparseBits();
  private pending: Entry[] = [];
  /** Active entries: after a loss they are registered first, before their users can ask for another entry. */
  private active = new Map<number, Entry>();

  /** Redis has confirmed that the entry is its user's. */
  confirm(entry: Entry, isActive: boolean): void {
    this.confirmed.add(entry.seq);
    this.scheduled.add(entry.seq);
    const { userId, seq, gen, iatMs } = entry;
    if (isActive) this.active.set(seq, { userId, seq, gen, iatMs });
  }

  isConfirmed(seq: number): boolean {
    return this.confirmed.has(seq);
  }

  /** Registers the entry with the next `flush`, once. */
  schedule(entry: Entry): void {
    if (this.scheduled.has(entry.seq)) return;
    this.scheduled.add(entry.seq);
    this.pending.push(entry);
  }

  /** Registers the scheduled entries; if that fails, they are kept for the next time. */
  async flush(store: RegistrationStore, known: number): Promise<void> {
    const entries = this.pending;
    this.pending = [];
    let refused: number[] | StateLost = 'state-lost';
    try {
      refused = await store.register(entries, known);
    } finally {
      if (refused === 'state-lost') this.pending = entries.concat(this.pending);
      else this.recordConfirmed(entries, new Set(refused));
    }
  }

  /** Forgets the entries whose session is over. */
  keepActive(isActive: (seq: number) => boolean): void {
    for (const seq of this.active.keys()) if (!isActive(seq)) this.active.delete(seq);
  }

  /** Redis has lost its state: everything must be registered again. */
  reset(): void {
    this.confirmed = new SparseBits();
    this.scheduled = new SparseBits();
    this.pending = [];
    for (const entry of this.active.values()) this.schedule(entry);
  }

  private recordConfirmed(entries: Entry[], refused: ReadonlySet<number>): void {
    for (const { seq } of entries) {
      if (refused.has(seq)) this.active.delete(seq);
      else this.confirmed.add(seq);
    }
  }
}
