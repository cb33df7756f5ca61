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
