import type { Request, Response } from 'express';
import { Exchange } from '../../src/http/exchange';
import { Overloaded } from '../../src/http/errors';
import { LoadShedder } from '../../src/http/limits/shedder';
import { loadShedding, shedApart } from '../../src/http/middleware/load-shedding';

const MAX = 2;

describe('requests that are shed apart', () => {
  const shedder = new LoadShedder(1000);
  const shed = shedApart(
    loadShedding(shedder, () => undefined),
    MAX,
    (req) => req.path === '/other',
  );

  /** @returns the exchange of an accepted request. @throws Overloaded */
  const ask = (path: string): Exchange => {
    const exchange = new Exchange('id', { requestsInFlight: 0 });
    const next = jest.fn();
    void shed(
      Object.assign(Object.create(null) as Request, { path }),
      Object.assign(Object.create(null) as Response, { exchange }),
      next,
    );
    expect(next).toHaveBeenCalledWith();
    return exchange;
  };

  it('have their own few places, take none of the rest, and free them when they are answered', () => {
    const enter = jest.spyOn(shedder, 'enter');
    const [first] = [ask('/other'), ask('/other')];
    expect(() => ask('/other')).toThrow(Overloaded);
    expect(enter).not.toHaveBeenCalled();
    ask('/mine');
    expect(enter).toHaveBeenCalledTimes(1);
    first.answered(200);
    ask('/other');
    expect(() => ask('/other')).toThrow(Overloaded);
  });
});
