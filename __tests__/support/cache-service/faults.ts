// What goes wrong, on demand.

export const KINDS = ['create', 'finalize', 'lookup', 'upload', 'download'] as const;

/** The requests: the three calls of the cache service, and the blob storage's PUTs and GETs (with HEADs). */
export type Kind = (typeof KINDS)[number];

export type Fault = {
  /** Only requests of these kinds; without it, all. */
  on?: Kind | Kind[];
  /** Not the next so many requests. */
  after?: number;
  /** Only so many requests then; without it, all until it is switched off. */
  times?: number;
} & (
  | { what: 'refuse' } // nothing listens: connection refused (concerns every kind)
  | { what: 'reset' } // the connection is reset when the request arrives
  | { what: 'hang' } // the request is taken and never answered
  | { what: 'slow'; delayMs: number } // answered, that much later
  | { what: 'status'; status: number; retryAfter?: number; message?: string; body?: string } // answered so
  | { what: 'deny' } // the token grants nothing: the service's denial of a write, or of a read
  | { what: 'truncate' } // a download breaks off in its middle
  | { what: 'stall' } // a download stops in its middle, and the connection stays open
  | { what: 'garble' } // a download has wrong bytes
);

export class Faults {
  #active: Fault[] = [];

  add(fault: Fault): () => void {
    const active = { ...fault };
    this.#active.push(active);
    return () => {
      this.#active = this.#active.filter((it) => it !== active);
    };
  }

  clear(): void {
    this.#active = [];
  }

  has(what: Fault['what']): boolean {
    return this.#active.some((it) => it.what === what);
  }

  /** The faults of this request; what is left of `times` is counted down. */
  take(kind: Kind): Fault[] {
    const due = (fault: Fault) => !fault.after || fault.after-- <= 0;
    const mine = this.#active.filter((fault) => (!fault.on || [fault.on].flat().includes(kind)) && due(fault));
    for (const fault of mine) {
      if (fault.times !== undefined) {
        fault.times--;
      }
    }
    this.#active = this.#active.filter(({ times }) => times === undefined || times > 0);
    return mine;
  }
}
