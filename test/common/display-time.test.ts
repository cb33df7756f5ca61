import { DisplayTime } from '../../src/common/calendar/display-time';
import { testConfig } from '../support/config';

const inZone = (zone: string): DisplayTime => new DisplayTime(testConfig({ DISPLAY_TIME_ZONE: zone }));

describe('a time with its offset', () => {
  it.each([
    // Clocks are set back: 01:30 comes twice, and only the offset tells which.
    ['America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T01:30:00-04:00'],
    ['America/New_York', '2026-11-01T06:30:00Z', '2026-11-01T01:30:00-05:00'],
    // Clocks are set forward: 02:00 to 03:00 does not exist.
    ['America/New_York', '2026-03-08T06:59:59Z', '2026-03-08T01:59:59-05:00'],
    ['America/New_York', '2026-03-08T07:00:00Z', '2026-03-08T03:00:00-04:00'],
    // By half an hour.
    ['Australia/Lord_Howe', '2026-04-04T14:45:00Z', '2026-04-05T01:45:00+11:00'],
    ['Australia/Lord_Howe', '2026-04-04T15:15:00Z', '2026-04-05T01:45:00+10:30'],
    ['Asia/Seoul', '2026-12-31T15:00:00Z', '2027-01-01T00:00:00+09:00'],
    ['Asia/Kathmandu', '2026-01-31T18:30:00Z', '2026-02-01T00:15:00+05:45'],
    ['Pacific/Marquesas', '2026-03-01T09:29:59Z', '2026-02-28T23:59:59-09:30'],
    ['Pacific/Kiritimati', '2026-02-28T10:00:00Z', '2026-03-01T00:00:00+14:00'],
    ['Europe/London', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00+00:00'],
    ['UTC', '2028-02-29T23:59:59.999Z', '2028-02-29T23:59:59+00:00'],
    ['America/New_York', '2026-07-04T16:00:00.500Z', '2026-07-04T12:00:00-04:00'],
    // Offsets had seconds once; the written instant stays the same.
    ['Africa/Monrovia', '1960-01-01T00:00:00Z', '1959-12-31T23:16:00-00:44'],
    // Rows may have the last time of a column for "never": there is no local text of it.
    ['Asia/Seoul', '9999-12-31T20:00:00Z', '9999-12-31T20:00:00+00:00'],
  ])('%s: %s is written %s', (zone, instant, written) => {
    const at = new Date(instant);
    expect(inZone(zone).withOffset(at)).toBe(written);
    expect(Date.parse(written)).toBe(Math.floor(at.getTime() / 1000) * 1000);
  });

  it('says the same as the form without it and as Intl, through a year of hours', () => {
    for (const zone of ['America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
      const time = inZone(zone);
      const intl = new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone,
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      for (let hour = 0; hour < 365 * 24; hour += 7) {
        const at = new Date(Date.UTC(2026, 0, 1, hour));
        const written = time.withOffset(at);
        expect(written.slice(0, 19)).toBe(time.dateTime(at).replace(' ', 'T'));
        expect(time.dateTime(at)).toBe(intl.format(at));
        expect(Date.parse(written)).toBe(at.getTime());
      }
    }
  });

  it('changes with the minute in which clocks are set back, to which times before it have been written', () => {
    const time = inZone('America/New_York');
    const around = [-1, 0, 59_999, 60_000].map((ms) => new Date(Date.UTC(2026, 10, 1, 6) + ms));
    const written = ['01:59:59-04:00', '01:00:00-05:00', '01:00:59-05:00', '01:01:00-05:00'];
    for (const times of [around, [...around].reverse()])
      expect(times.map((at) => time.withOffset(at).slice(11))).toEqual(
        times === around ? written : [...written].reverse(),
      );
  });

  it('is shown to people beside the local time', () => {
    expect(inZone('Asia/Seoul').text(new Date('2030-01-02T03:04:05.678Z'))).toBe(
      '2030-01-02 12:04:05 (UTC+09:00)',
    );
  });
});
