export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const NO_FRAME_MS = 250;

/** Resolves once the browser has painted, or soon where it paints nothing, as in a hidden tab. */
export const nextFrame = (): Promise<void> =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, NO_FRAME_MS);
  });

/** Spread by 10 % to either side: a crowd that came at one moment does not come back at one moment. */
export const jittered = (ms: number): number => ms * (0.9 + Math.random() * 0.2);
