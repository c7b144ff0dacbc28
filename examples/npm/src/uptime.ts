import ms from 'ms';

/** For how long, in words, at a moment after the start. */
export const uptime = (start: number, now: number): string => ms(now - start, { long: true });
