/** How many cases a property test draws: FAST_CHECK_TIMES=10 npm test -- test/waiting-room draws ten times as many. */
export const runs = (usual: number): number => usual * Number(process.env.FAST_CHECK_TIMES ?? 1);
