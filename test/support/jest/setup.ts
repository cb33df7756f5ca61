import fc from 'fast-check';

/**
 * Property tests draw the same cases each time, so that a run fails because of a change and not by chance.
 * FAST_CHECK_SEED=$RANDOM npm test -- test/waiting-room looks at others.
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) });
