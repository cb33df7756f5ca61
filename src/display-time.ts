import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from './config';

/** Writes times as the API shows them: `yyyy-MM-dd`, `HH:mm` and `HH:mm:ss` in the display zone. */
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

  minutes(at: Date): string {
    return this.dateTime(at).slice(11, 16);
  }
}
