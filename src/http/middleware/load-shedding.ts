import type { RequestHandler } from 'express';
import type { Exchange } from '../exchange';
import { Overloaded } from '../errors';
import type { LoadShedder } from '../limits/shedder';

/** One for all: a stack trace costs more than the rest of the refusal. */
const OVERLOADED = new Overloaded();

export interface LoadShedding {
  /** Refuses a request that could not be done in time. */
  shed: RequestHandler;
  /** The same, for work that does not go through `shed`. @throws Overloaded (503) */
  enter(exchange: Exchange): void;
}

export function loadShedding(shedder: LoadShedder, onShed: () => void): LoadShedding {
  const entered = new WeakSet<Exchange>();
  const enter = (exchange: Exchange): void => {
    if (entered.has(exchange)) return;
    if (!shedder.enter()) {
      exchange.isShed = true;
      onShed();
      throw OVERLOADED;
    }
    entered.add(exchange);
    exchange.onAnswered(() => shedder.leave());
  };
  const shed: RequestHandler = (_req, res, next) => {
    enter(res.exchange);
    next();
  };
  return { shed, enter };
}
