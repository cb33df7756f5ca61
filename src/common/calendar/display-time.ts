import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';

const MINUTE_MS = 60_000;
/** Most minutes whose offset is kept. */
const MAX_KNOWN = 1000;

/** A zone's offset from UTC in a minute. */
interface Offset {
  ms: number;
  /** `±HH:mm`. */
  text: string;
}

/**
 * Writes times as the API shows them, all in the display zone: `yyyy-MM-dd`, `HH:mm` and `HH:mm:ss` as the study has
 * them, and ISO 8601 with the offset, which alone says which of the two 01:30 is meant when clocks are set back.
 */
@scoped(Lifecycle.ContainerScoped)
export class DisplayTime {
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, Offset>();

  constructor(@inject(CONFIG) config: Config) {
    // Sweden writes dates as yyyy-MM-dd HH:mm:ss.
    this.format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: config.DISPLAY_TIME_ZONE,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
  }

  dateTime(at: Date): string {
    return localTime(at, this.offsetOf(at)).replace('T', ' ');
  }

  date(at: Date): string {
    return this.dateTime(at).slice(0, 10);
  }

  /** `yyyy-MM-ddTHH:mm:ss±HH:mm`, to the second below. */
  withOffset(at: Date): string {
    const offset = this.offsetOf(at);
    return localTime(at, offset) + offset.text;
  }

  /** For people: `yyyy-MM-dd HH:mm:ss (UTC±HH:mm)`. */
  text(at: Date): string {
    return `${this.dateTime(at)} (UTC${this.offsetOf(at).text})`;
  }

  minutes(at: Date): string {
    return this.dateTime(at).slice(11, 16);
  }

  /** Kept by the minute, within which no zone changes it: to format a time takes three times as long as to add to it. */
  private offsetOf(at: Date): Offset {
    const minute = Math.floor(at.getTime() / MINUTE_MS);
    const known = this.offsets.get(minute);
    if (known !== undefined) return known;
    const local = Date.parse(`${this.format.format(at).replace(' ', 'T')}Z`);
    // Beyond the years of four digits there is no such text: those times are shown in UTC. Rows may have 9999-12-31 for "never".
    const minutes = Number.isNaN(local) ? 0 : Math.round((local - at.getTime()) / MINUTE_MS);
    const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map(twoDigits);
    const offset = { ms: minutes * MINUTE_MS, text: `${minutes < 0 ? '-' : '+'}${hours}:${rest}` };
    if (this.offsets.size >= MAX_KNOWN) this.offsets.clear();
    this.offsets.set(minute, offset);
    return offset;
  }
}

/** `yyyy-MM-ddTHH:mm:ss`. */
const localTime = (at: Date, { ms }: Offset): string =>
  new Date(at.getTime() + ms).toISOString().slice(0, 'yyyy-MM-ddTHH:mm:ss'.length);

const twoDigits = (n: number): string => String(n).padStart(2, '0');
