// Which check an image gets: what it says of itself and what the user asked for → conditions, and why these. Pure.

import type { SmokeReport } from '../report/report.ts';
import type { HttpWish, Pattern, Wishes } from './ask.ts';

export type Check = NonNullable<SmokeReport['check']>;

/** What an image says of itself. */
export interface ImageFacts {
  /** ENTRYPOINT and CMD together; empty when it has neither. */
  argv: string[];
  /** TCP ports that it EXPOSEs, lowest first, and others as they are written (`53/udp`). */
  ports: number[];
  otherPorts: string[];
  /** Its HEALTHCHECK, in seconds: how long it may fail at the start, and the pause between two tries. */
  health: { startPeriod: number; interval: number } | null;
}

/** Something that must come true while the image runs. */
export type Condition =
  | { check: 'healthy' }
  /** One of these ports accepts connections. */
  | { check: 'port'; ports: number[] }
  | { check: 'http'; port: number; wish: HttpWish }
  | { check: 'log'; pattern: Pattern }
  | { check: 'running' }
  | { check: 'exit' };

export interface Plan {
  conditions: Condition[];
  /** Did the user ask for them? An automatic one is content with a program that ends well before it comes true. */
  asked: boolean;
  /** Why these: a clause for the evidence. */
  why: string;
  /** The exit code that is expected where the program ends. */
  exitCode: number;
  /** Seconds from the start after which what has not come true has failed. */
  timeout: number;
  /** Seconds after which a program that still runs is taken to run well. */
  settle: number;
  /**
   * Is a port that stays closed a failure? Not where only a base image EXPOSEs it: what is built on it may be something
   * else. Then it is a sign that a program is ready, which it need not give.
   */
  portsPromised: boolean;
}

/** @param portsAreOwn false where it is known that only a base image EXPOSEs ports */
export function planFor(
  image: ImageFacts,
  wishes: Pick<Wishes, 'exitCode' | 'ports' | 'http' | 'logs' | 'timeout' | 'settle'>,
  portsAreOwn: boolean,
): Plan | { problem: string } {
  const asked = askedFor(image, wishes);
  if ('problem' in asked) return asked;
  const isAsked = asked.conditions.length > 0;
  const { conditions, why } = isAsked ? asked : automatic(image);
  return {
    conditions,
    why,
    asked: isAsked,
    exitCode: wishes.exitCode ?? 0,
    timeout: wishes.timeout + (image.health?.startPeriod ?? 0),
    settle: wishes.settle,
    portsPromised: isAsked || portsAreOwn,
  };
}

type Chosen = Pick<Plan, 'conditions' | 'why'>;

/** The order is that of how much each says: a HEALTHCHECK is the author's own word for "it works". */
function automatic({ health, ports, otherPorts }: ImageFacts): Chosen {
  if (health) return { conditions: [{ check: 'healthy' }], why: 'since the image has a HEALTHCHECK' };
  if (ports.length > 0) {
    const enough = ports.length > 1 ? ', of which one is enough' : '';
    return {
      conditions: [{ check: 'port', ports }],
      why: `since the image EXPOSEs ${listed(ports.map(String))}${enough}`,
    };
  }
  const exposes =
    otherPorts.length > 0 ? `EXPOSEs only ${listed(otherPorts)}, which does not tell` : 'EXPOSEs no TCP port';
  return { conditions: [{ check: 'running' }], why: `since the image has no HEALTHCHECK and ${exposes}` };
}

/** What was asked for stands in place of what would be automatic. */
function askedFor(image: ImageFacts, wishes: Parameters<typeof planFor>[1]): Chosen | { problem: string } {
  const [only] = image.ports;
  const portless = wishes.http.find(({ port }) => port === null);
  if (portless && image.ports.length !== 1) {
    const has = image.ports.length === 0 ? 'no TCP port' : listed(image.ports.map(String));
    const example = `${only ?? 8080}${portless.written}`;
    return {
      problem: `smoke-http: "${portless.written}" names no port, and the image EXPOSEs ${has}: write ${example}`,
    };
  }
  const conditions: Condition[] = [
    ...wishes.http.map((wish): Condition => ({ check: 'http', port: wish.port ?? only ?? 0, wish })),
    ...wishes.ports.map((port): Condition => ({ check: 'port', ports: [port] })),
    ...wishes.logs.map((pattern): Condition => ({ check: 'log', pattern })),
    ...(wishes.exitCode === null ? [] : [{ check: 'exit' } as const]),
  ];
  const inputs = [...new Set(conditions.map(({ check }) => (check === 'exit' ? 'smoke-exit-code' : `smoke-${check}`)))];
  return { conditions, why: `asked for by ${listed(inputs)}` };
}

/** What a program is expected to do, behind "it did not". */
export function expectation(condition: Condition, { exitCode }: Pick<Plan, 'exitCode'>): string {
  switch (condition.check) {
    case 'healthy':
      return 'turn healthy';
    case 'port':
      return `accept connections on port ${listed(condition.ports.map(String), 'or')}`;
    case 'http': {
      const { path, status, body } = condition.wish;
      const text = body === null ? '' : ` and a body with ${body.written}`;
      return `answer ${condition.port}${path} with ${status ?? 'a status below 400'}${text}`;
    }
    case 'log':
      return `print a line that matches ${condition.pattern.written}`;
    case 'running':
      return 'keep running';
    case 'exit':
      return `end with exit code ${exitCode}`;
  }
}

/** `1`, `1 and 2`, `1, 2 and 3` */
export function listed(items: string[], last = 'and'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;
}
