import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';

const MINUTE_MS = 60_000;

/**
 * Writes times as the API shows them, all in the display zone: `yyyy-MM-dd`, `HH:mm` and `HH:mm:ss` as the study has
 * them, and ISO 8601 with the offset, which alone says which of the two 01:30 is meant when clocks are set back.
 */
@scoped(Lifecycle.ContainerScoped)
export class DisplayTime {
  private readonly format: Intl.DateTimeFormat;

  constructor(@inject(CONFIG) config: Config) {
    // Sweden writes dates as yyyy-MM-dd HH:mm:ss.
    this.format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: config.DISPLAY_TIME_ZONE,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
  }

  dateTime(at: Date): string {
    return this.format.format(at);
  }

  date(at: Date): string {
    return this.dateTime(at).slice(0, 10);
  }

  /** `yyyy-MM-ddTHH:mm:ss±HH:mm`, to the second below. */
  withOffset(at: Date): string {
    const local = Date.parse(`${this.dateTime(at).replace(' ', 'T')}Z`);
    const offset = Math.round((local - at.getTime()) / MINUTE_MS);
    const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map(twoDigits);
    const written = new Date(at.getTime() + offset * MINUTE_MS).toISOString().slice(0, 19);
    return `${written}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
  }

  /** For people: `yyyy-MM-dd HH:mm:ss (UTC±HH:mm)`. */
  text(at: Date): string {
    return `${this.dateTime(at)} (UTC${this.withOffset(at).slice(19)})`;
  }

  minutes(at: Date): string {
    return this.dateTime(at).slice(11, 16);
  }
}

const twoDigits = (n: number): string => String(n).padStart(2, '0');
