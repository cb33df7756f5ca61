import type { Request, RequestHandler, Response } from 'express';
import { sendFailure } from '../envelope';
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
  /**
   * Answers 503 at once, for routes of the API. An error passes all that is left of the route and of the app before it is
   * answered, and in an overload the refusals take the time of the accepted requests.
   */
  answerRefused(res: Response): void;
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
  const count = (exchange: Exchange): void => {
    exchange.isShed = true;
    onShed();
  };
  const refuse = (exchange: Exchange): never => {
    count(exchange);
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
    answerRefused: (res) => {
      count(res.exchange);
      sendFailure(res, OVERLOADED);
    },
    get isFull() {
      return shedder.isFull;
    },
  };
}
