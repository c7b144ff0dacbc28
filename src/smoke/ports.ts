// Finds out whether the ports of a container accept connections, without publishing them where they need not be: by
// connecting to them, and by the kernel's list of who listens in there, which also shows a server on the wrong address.

import { now } from '../host/clock.ts';
import { readText } from '../host/files.ts';
import { type Answer, get, knock } from '../host/net.ts';
import { type Container, type Reach, readInside } from './docker.ts';
import type { Sight } from './judge.ts';
import { type Listener, placeOf, readListeners } from './sockets.ts';

/** Seconds for which a connection may be in the making, and for which one through a proxy must last to be one. */
const CONNECT = 1;
const LAST = 0.2;
/** Seconds for which an HTTP answer may take. */
const ANSWER = 10;
/** Seconds between looks that start a program in the container. */
const INSIDE = 1;

/** What was seen of ports, and which listeners were found that only the container itself can reach. */
export type PortSight = Sight & { loopbackOnly: string[] };

export class Ports {
  readonly #name: string;
  readonly #container: Container;
  readonly #reach: Reach;
  /** Can the kernel's list be read from here? Known after the first look. */
  #ownKernel: boolean | null = null;
  #inside: { at: number; listeners: Listener[] | null } | null = null;

  constructor(name: string, container: Container, reach: Reach) {
    this.#name = name;
    this.#container = container;
    this.#reach = reach;
  }

  /**
   * Looks whether one of these ports accepts connections.
   * @param elapsed seconds since the start of the container
   */
  async look(ports: number[], elapsed: number): Promise<PortSight> {
    // In this order: what is refused although it was in the list is meant for the other family of addresses.
    const listeners = await this.#listeners();
    const sights = await Promise.all(ports.map((port) => this.#lookAt(port, listeners)));
    const open = sights.find(({ met }) => met !== null);
    if (open) return { ...open, met: elapsed };
    const loopbackOnly = sights.flatMap((sight) => sight.loopbackOnly);
    const blind = sights.every((sight) => sight.blind);
    return { met: null, seen: this.#instead(loopbackOnly, listeners), blind, loopbackOnly };
  }

  /** Asks for a page of a port. */
  async get(port: number, path: string): Promise<Answer | { problem: string }> {
    const places = this.#placesOf(port);
    const answers = await Promise.all(places.map(({ address, port: at }) => get(address, at, path, ANSWER)));
    const answer = answers.find((one) => 'status' in one) ?? answers[0];
    return answer ?? { problem: `port ${port} cannot be reached from here` };
  }

  async #lookAt(port: number, listeners: Listener[] | null): Promise<PortSight> {
    const knocks = await Promise.all(
      this.#placesOf(port).map(({ address, port: at }) =>
        knock(address, at, CONNECT, this.#reach === 'published' ? LAST : 0),
      ),
    );
    const sight = { met: null, seen: '', blind: false, loopbackOnly: [] };
    if (knocks.includes('open')) return { ...sight, met: 0, seen: `accepts connections on port ${port}` };
    const there = listeners?.filter((listener) => listener.port === port) ?? [];
    const outside = there.find(({ loopback }) => !loopback);
    if (!outside) {
      const blind = listeners === null && !knocks.includes('refused');
      return { ...sight, blind, loopbackOnly: there.map(placeOf) };
    }
    const place = placeOf(outside);
    if (!knocks.includes('refused')) return { ...sight, met: 0, seen: `listens on ${place}` };
    const reachable6 = this.#container.addresses.some((address) => address.includes(':'));
    // It would take IPv6, and this network has none: nothing is wrong with the image.
    const only6 = outside.family === 6 && !reachable6 && this.#reach === 'direct';
    return only6 ? { ...sight, met: 0, seen: `listens on ${place}, for IPv6 only,` } : sight;
  }

  #instead(loopbackOnly: string[], listeners: Listener[] | null): string {
    if (loopbackOnly.length > 0) return `it listens on ${loopbackOnly.join(' and ')} only`;
    const others = [...new Set(listeners?.map(placeOf))];
    if (others.length > 0) return `it listens on ${others.slice(0, 5).join(', ')}`;
    return listeners ? 'it listens on no TCP port' : '';
  }

  #placesOf(port: number): { address: string; port: number }[] {
    const { addresses, hostNetwork, published } = this.#container;
    const own = published.get(port);
    if (this.#reach === 'published') return own === undefined ? [] : [{ address: '127.0.0.1', port: own }];
    if (this.#reach === 'inside') return [];
    return (hostNetwork ? ['127.0.0.1'] : addresses).map((address) => ({ address, port }));
  }

  /** Who listens in the container; null where that cannot be seen. */
  async #listeners(): Promise<Listener[] | null> {
    const { id, pid, hostNetwork } = this.#container;
    // There, everybody on that machine is in the list.
    if (hostNetwork) return null;
    // A process of that number may be another machine's: its control group has the container's id.
    this.#ownKernel ??= pid > 0 && ((await readText(`/proc/${pid}/cgroup`)).text ?? '').includes(id);
    if (this.#ownKernel) {
      const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readText(`/proc/${pid}/net/${name}`)));
      // An engine without IPv6 has one table only.
      if (tables[0]?.text != null) return readListeners(tables.map(({ text }) => text ?? '').join('\n'));
    }
    if (!this.#inside || now() - this.#inside.at > INSIDE) {
      const text = await readInside(this.#name, ['/proc/net/tcp', '/proc/net/tcp6']);
      this.#inside = { at: now(), listeners: text.includes('local_address') ? readListeners(text) : null };
    }
    return this.#inside.listeners;
  }
}
