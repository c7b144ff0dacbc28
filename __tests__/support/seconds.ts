// How long pure code takes, on a machine where other test files run at the same time.

/** Seconds of a processor that the work takes: what else the machine is doing does not count. */
export function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
