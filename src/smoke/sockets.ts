// The kernel's list of TCP sockets (/proc/net/tcp and tcp6) → who listens where. Pure.

export interface Listener {
  port: number;
  /** `127.0.0.1`, `::`, in the usual notation. */
  address: string;
  /** Can only programs in the same container reach it? */
  loopback: boolean;
  family: 4 | 6;
}

/**
 * Reads both tables, one behind the other. A row: number, local address and port in hex, remote ones, state (0A: LISTEN).
 * Addresses are groups of four bytes, each in the order of the machine: little-endian on all that Docker runs on but s390x.
 * https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
export function readListeners(tables: string): Listener[] {
  return [...tables.matchAll(/^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm)].map(
    ([, hex = '', port = '']) => {
      const bytes = [...hex.matchAll(/../g)].map(([byte]) => Number.parseInt(byte, 16));
      const ordered = bytes.map((_, at) => bytes[at - (at % 4) + 3 - (at % 4)] ?? 0);
      const family = ordered.length === 4 ? 4 : 6;
      const address = family === 4 ? ordered.join('.') : address6(ordered);
      const loopback = address === '::1' || /^(::ffff:)?127\./.test(address);
      return { port: Number.parseInt(port, 16), address, loopback, family };
    },
  );
}

/** RFC 5952: without leading zeros, the longest run of zero groups as `::`; an IPv4 address inside stays readable. */
function address6(bytes: number[]): string {
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  const text = groups.map((group) => group.toString(16)).join(':');
  const [longest = ''] = [...text.matchAll(/\b0(:0)+\b/g)].map(([run]) => run).sort((a, b) => b.length - a.length);
  return longest === '' ? text : text.replace(longest, '::').replace(/:{3,}/, '::');
}

/** `127.0.0.1:8080`, `[::1]:8080` */
export function placeOf({ address, port, family }: Listener): string {
  return family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}
