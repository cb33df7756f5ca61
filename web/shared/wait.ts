export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Spread by 10 % to either side: a crowd that came at one moment does not come back at one moment. */
export const jittered = (ms: number): number => ms * (0.9 + Math.random() * 0.2);
