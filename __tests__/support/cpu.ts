// What tests measure where a machine may be busy with others: the time of the processor, not that of the clock.

/** Seconds of processor that this process has used so far. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
