import type { Evidence } from '../observed/evidence.ts';
import type { Operation } from '../observed/history.ts';

/** A request about an order of several seats as one request for each of them: a seat and its reservation are judged alone. */
export const perSeat = (evidence: Evidence): Evidence => ({
  ...evidence,
  operations: evidence.operations.flatMap((operation) =>
    operation.seatIds === undefined
      ? [operation]
      : operation.seatIds.map((seatId, i) => ofSeat(operation, seatId, i)),
  ),
});

function ofSeat(operation: Operation, seatId: number, i: number): Operation {
  const { key, reservationIds, answered } = operation;
  const reservationId = reservationIds?.[i];
  const toldId = answered?.reservationIds?.[i];
  return {
    ...operation,
    seatId,
    ...(key !== undefined && { key: `${key} seat ${seatId}` }),
    ...(reservationId !== undefined && { reservationId }),
    ...(answered !== undefined && { answered: toldId === undefined ? {} : { reservationId: toldId } }),
  };
}
