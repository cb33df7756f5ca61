import type { Request, RequestHandler } from 'express';
import type { Exchange } from '../exchange';
import { Overloaded } from '../errors';
import type { LoadShedder } from '../limits/shedder';

/** One for all: a stack trace costs more than the rest of the refusal. */
const OVERLOADED = new Overloaded();

export interface LoadShedding {
  /** Refuses a request that could not be done in time. */
  shed: RequestHandler;
  /** Whether `shed` would refuse now. */
  readonly isFull: boolean;
  /** The same, for work that does not go through `shed`. @throws Overloaded (503) */
  enter(exchange: Exchange): void;
  /** @throws Overloaded (503) */
  refuse(exchange: Exchange): never;
}

/**
 * Sheds the requests for which `isOther` says so by a separate small limit, so that no number of them takes the time of
 * the rest.
 * @param max most of them at once
 */
export function shedApart(
  shedding: LoadShedding,
  max: number,
  isOther: (req: Request) => boolean,
): RequestHandler {
  let inFlight = 0;
  return (req, res, next) => {
    if (!isOther(req)) {
      shedding.shed(req, res, next);
      return;
    }
    if (inFlight >= max) shedding.refuse(res.exchange);
    inFlight++;
    res.exchange.onAnswered(() => inFlight--);
    next();
  };
}

export function loadShedding(shedder: LoadShedder, onShed: () => void): LoadShedding {
  const refuse = (exchange: Exchange): never => {
    exchange.isShed = true;
    onShed();
    throw OVERLOADED;
  };
  const enter = (exchange: Exchange): void => {
    if (exchange.isAccepted) return;
    if (!shedder.enter()) refuse(exchange);
    exchange.isAccepted = true;
    exchange.onAnswered(() => shedder.leave());
  };
  const shed: RequestHandler = (_req, res, next) => {
    enter(res.exchange);
    next();
  };
  return {
    shed,
    enter,
    refuse,
    get isFull() {
      return shedder.isFull;
    },
  };
}
