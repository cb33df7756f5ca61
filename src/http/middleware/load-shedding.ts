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
  /** @throws Overloaded (503) */
  refuse(exchange: Exchange): never;
  /**
   * Answers 503 at once, for routes of the API. An error passes all that is left of the route and of the app before it is
   * answered, and in an overload the refusals take the time of the accepted requests.
   */
  answerRefused(res: Response): void;
}

/**
 * A separate small limit, so that no number of requests of users who are not active takes the time of the others.
 * @param max most of them at once
 * @returns lets a request in unless it is in already. @throws Overloaded (503)
 */
export function fewAtOnce(shedding: LoadShedding, max: number): (exchange: Exchange) => void {
  let inFlight = 0;
  return (exchange) => {
    if (exchange.isAccepted) return;
    if (inFlight >= max) shedding.refuse(exchange);
    inFlight++;
    exchange.isAccepted = true;
    exchange.onAnswered(() => inFlight--);
  };
}

/** Sheds the requests for which `isOther` says so by a separate small limit. @param max most of them at once */
export function shedApart(
  shedding: LoadShedding,
  max: number,
  isOther: (req: Request) => boolean,
): RequestHandler {
  const enterOther = fewAtOnce(shedding, max);
  return (req, res, next) => {
    if (!isOther(req)) {
      shedding.shed(req, res, next);
      return;
    }
    enterOther(res.exchange);
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
  const shed: RequestHandler = (_req, { exchange }, next) => {
    if (!exchange.isAccepted) {
      if (!shedder.enter()) refuse(exchange);
      exchange.isAccepted = true;
      exchange.onAnswered(() => shedder.leave());
    }
    next();
  };
  return {
    shed,
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
