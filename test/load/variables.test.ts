import { needsOf, readArguments } from '../../k6/runner/options';
import { knownVariables, readVariables } from '../../k6/runner/variables';

describe('a variable of a scenario', () => {
  const read = (script: string, ...args: string[]): Record<string, string> =>
    readVariables(args, knownVariables(script), script);

  it.each([
    ['schedule', 'RATE=abc', 'RATE is "abc": expected a number above 0.'],
    ['step', 'STEP_RATE=0.5', 'STEP_RATE is "0.5": expected a whole number, at least 1.'],
    ['spike', 'SEED=-1', 'SEED is "-1": expected a whole number, at least 0.'],
    ['spike', 'DURATION=5', 'DURATION is "5": expected a duration above 0 like 500ms, 30s, 1m30s or 2h.'],
    ['soak', 'ABANDON_SHARE=1.5', 'ABANDON_SHARE is "1.5": expected a number from 0 to 1.'],
  ])('of %s that is %s is refused before anything starts', (script, argument, message) => {
    expect(() => read(script, argument)).toThrow(message);
  });

  it('that is given twice is refused', () => {
    expect(() => read('spike', 'PEAK=10', 'SEED=1', 'PEAK=20')).toThrow('PEAK is given twice.');
  });

  it('with a right value, without one, or of which only the script knows the values is taken', () => {
    expect(read('spike', 'PEAK=2000', 'SEED=0', 'DURATION=1m30s', 'THINK=', 'DATES=any')).toEqual({
      PEAK: '2000',
      SEED: '0',
      DURATION: '1m30s',
      THINK: '',
      DATES: 'any',
    });
  });
});

describe('npm run load', () => {
  it.each([
    [['study', '--id', '..'], '--id: 1 to 50 letters'],
    [['study', '--id', 'x'.repeat(51)], '--id: 1 to 50 letters'], // the queue of the run is named load-<id>
    [['study', '--compare', '../other'], '--compare: 1 to 64 letters'],
    [['report', '..'], 'report: 1 to 64 letters'],
    [['compare', 'a'], 'compare takes two runs.'],
    [['compare', 'a', 'b', '--influx'], 'compare takes no --influx.'],
    [['report', 'a', '--compare', 'b'], 'report takes no --compare.'],
    [['study', '--save', 'a'], 'study takes no --save.'],
    [['study', '--id='], "Option '--id' is empty."],
    [['study', ''], 'An argument is empty.'],
    [['study', 'BASE_URL=localhost:8080'], 'BASE_URL must be a URL that starts with http:// or https://'],
    [['study', 'BASE_URL=http://localhost:8080/v1'], 'BASE_URL must have no path'],
    [['study', 'BASE_URL=http://u:p@localhost'], 'BASE_URL must have no user and no password.'],
    [['study', 'USERS=20000000'], 'USERS must be at most 10000000'],
    [['rehearse', '--users', '0', '--seats', '1'], '--users must be a whole number from 1 to 1000000'],
  ])('refuses %j before anything is started', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });

  it('refuses a wrong variable of the environment that its script would read', () => {
    const before = process.env.USERS;
    try {
      process.env.USERS = '5e3';
      expect(() => readArguments(['study'])).toThrow('USERS is "5e3": expected a whole number, at least 1.');
      expect(needsOf(readArguments(['study', 'USERS=5000']))).toMatchObject({ users: 5000 });
      expect(() => readArguments(['rehearse', '--users', '1', '--seats', '1'])).not.toThrow(); // it sets USERS itself
      process.env.USERS = '';
      expect(needsOf(readArguments(['study', 'USERS=']))).toMatchObject({ users: 100_000 });
    } finally {
      if (before === undefined) delete process.env.USERS;
      else process.env.USERS = before;
    }
  });
});
