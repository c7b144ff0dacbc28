// A job that is cancelled: the runner (and Ctrl-C) send SIGINT, then SIGTERM, and kill after ten seconds.

/** Fires at the first SIGINT, SIGTERM or SIGHUP; its reason is the signal's name. The work in hand then cleans up and ends. */
export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(name));
  }
  return controller.signal;
}

/** The exit code shells give a program that ended by this signal. */
export function exitCodeOf(cancel: AbortSignal): number {
  const numbers: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return 128 + (numbers[String(cancel.reason)] ?? 15);
}
