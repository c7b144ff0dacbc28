// Looks for what a plan expects: ports, pages, lines of output, health. What came true once stays true.

import { firstMatch } from '../host/regexp.ts';
import type { HttpWish, Pattern } from './ask.ts';
import type { Condition, Plan } from './checks.ts';
import { type Container, inspect, type Reach } from './docker.ts';
import type { Sight } from './judge.ts';
import { Ports } from './ports.ts';

/** Lines that wait to be looked at, at most; seconds for a user's expression, each time and in all. */
const WAITING = 1000;
const MATCHING = 0.25;
const PATIENCE = 2;

export class Lookout {
  readonly #plan: Plan;
  readonly #name: string;
  readonly #reach: Reach;
  readonly #sights: Sight[];
  #ports: Ports | null = null;
  #lines: string[] = [];
  /** Seconds lost to expressions that did not come to an end. */
  #lost = 0;
  #elapsed = 0;
  /** Listeners on expected ports that only the container itself can reach. */
  loopbackOnly: string[] = [];

  constructor(plan: Plan, name: string, reach: Reach) {
    this.#plan = plan;
    this.#name = name;
    this.#reach = reach;
    this.#sights = plan.conditions.map(() => ({ met: null, seen: '', blind: false }));
  }

  /** Takes a line that the program printed. */
  line(text: string): void {
    if (!this.#plan.conditions.some(({ check }) => check === 'log')) return;
    this.#lines.push(text);
    if (this.#lines.length >= WAITING) this.#readLines();
  }

  /**
   * Looks at all that has not come true yet.
   * @param container null when it has ended: then there is only what it printed
   * @param elapsed seconds since the start
   */
  async look(container: Container | null, elapsed: number): Promise<Sight[]> {
    this.#elapsed = elapsed;
    this.#readLines();
    const { conditions } = this.#plan;
    if (!container) return this.#sights;
    await Promise.all(
      conditions.map(async (condition, at) => {
        if (this.#sights[at]?.met !== null) return;
        const sight = await this.#lookAt(condition, container, elapsed);
        if (sight) this.#sights[at] = sight;
      }),
    );
    return this.#sights;
  }

  async #lookAt(condition: Condition, container: Container, elapsed: number): Promise<Sight | null> {
    this.#ports ??= new Ports(this.#name, container, this.#reach);
    if (condition.check === 'healthy') return healthSight(await inspect(this.#name), elapsed);
    if (condition.check === 'http') return this.#page(this.#ports, condition.port, condition.wish, elapsed);
    if (condition.check !== 'port') return null;
    const { loopbackOnly, ...sight } = await this.#ports.look(condition.ports, elapsed);
    this.loopbackOnly = loopbackOnly;
    return sight;
  }

  async #page(ports: Ports, port: number, wish: HttpWish, elapsed: number): Promise<Sight> {
    const answer = await ports.get(port, wish.path);
    const sight = { met: null, blind: false };
    if ('problem' in answer) {
      const { seen, loopbackOnly } = await ports.look([port], elapsed);
      this.loopbackOnly = loopbackOnly;
      return { ...sight, seen: answer.problem.startsWith('connection') && seen !== '' ? seen : answer.problem };
    }
    const { status, body } = answer;
    const what = `${port}${wish.path} with ${status}`;
    if (!statusFits(status, wish.status)) return { ...sight, seen: `it answers ${what}` };
    if (wish.body !== null && !this.#matches(wish.body, [body])) {
      return { ...sight, seen: `it answers ${what} and ${excerpt(body)}` };
    }
    return { ...sight, met: elapsed, seen: `answers ${what}${wish.body === null ? '' : ` and ${wish.body.written}`}` };
  }

  #readLines(): void {
    const lines = this.#lines.splice(0);
    if (lines.length === 0) return;
    this.#plan.conditions.forEach((condition, at) => {
      if (condition.check !== 'log' || this.#sights[at]?.met !== null) return;
      const found = this.#matches(condition.pattern, lines);
      const given = this.#lost >= PATIENCE ? 'the expression takes too long on what it prints' : '';
      this.#sights[at] = { met: found ? this.#elapsed : null, seen: given, blind: false };
    });
  }

  #matches({ source, flags }: Pattern, texts: string[]): boolean {
    if (this.#lost >= PATIENCE) return false;
    const at = firstMatch(source, flags, texts, MATCHING);
    if (at === null) this.#lost += MATCHING;
    return at !== null && at >= 0;
  }
}

function healthSight(container: Container | null, elapsed: number): Sight | null {
  if (!container) return null;
  const last = container.health.at(-1);
  if (container.healthy) return { met: elapsed, seen: '', blind: false };
  if (!last) return { met: null, seen: 'its HEALTHCHECK has not run yet', blind: false };
  const output = last.output === '' ? '' : ` (${excerpt(last.output)})`;
  return { met: null, seen: `its HEALTHCHECK ended with exit code ${last.exitCode}${output}`, blind: false };
}

/** `2xx` is any status of that class; without a wish, all but errors fit. */
function statusFits(status: number, wished: string | null): boolean {
  if (wished === null) return status < 400;
  return wished.endsWith('xx') ? String(status)[0] === wished[0] : String(status) === wished;
}

/** The beginning of a stranger's text, as one line of a sentence. */
function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return 'an empty body';
  return `"${line.length > 100 ? `${line.slice(0, 99)}…` : line}"`;
}
