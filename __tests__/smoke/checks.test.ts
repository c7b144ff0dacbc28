import { expect, test } from '@jest/globals';
import { readInputs } from '../../src/inputs.ts';
import { readWishes } from '../../src/smoke/ask.ts';
import { expectation, type ImageFacts, planFor } from '../../src/smoke/checks.ts';

const image = (change: Partial<ImageFacts>): ImageFacts => ({
  argv: ['app'],
  ports: [],
  otherPorts: [],
  health: null,
  ...change,
});
const wishes = (given: Record<string, string>) => readWishes(readInputs((name) => given[name] ?? null).inputs).wishes;
const health = { startPeriod: 20, interval: 30 };

test.each<[Partial<ImageFacts>, Record<string, string>, string[], string]>([
  [{}, {}, ['running'], 'since the image has no HEALTHCHECK and EXPOSEs no TCP port'],
  [{ health, ports: [80] }, {}, ['healthy'], 'since the image has a HEALTHCHECK'],
  [{ ports: [80] }, {}, ['port'], 'since the image EXPOSEs 80'],
  [{ ports: [80, 443] }, {}, ['port'], 'since the image EXPOSEs 80 and 443, of which one is enough'],
  [
    { otherPorts: ['53/udp'] },
    {},
    ['running'],
    'since the image has no HEALTHCHECK and EXPOSEs only 53/udp, which does not tell',
  ],
  [{ health }, { 'smoke-port': '80, 81' }, ['port', 'port'], 'asked for by smoke-port'],
  [
    { ports: [80] },
    { 'smoke-http': '/', 'smoke-log': 'up\ndown', 'smoke-exit-code': '0' },
    ['http', 'log', 'log', 'exit'],
    'asked for by smoke-http, smoke-log and smoke-exit-code',
  ],
])('%j and %j: %j', (facts, given, checks, why) => {
  const plan = planFor(image(facts), wishes(given), true);
  if ('problem' in plan) throw new Error(plan.problem);
  expect(plan.conditions.map(({ check }) => check)).toEqual(checks);
  expect(plan.why).toBe(why);
});

test('what a page must be, in words', () => {
  const plan = planFor(image({}), wishes({ 'smoke-http': '80/health 2xx /ok|up/i' }), true);
  if ('problem' in plan) throw new Error(plan.problem);
  const [condition] = plan.conditions;
  expect(condition && expectation(condition, plan)).toBe('answer 80/health with 2xx and a body with /ok|up/i');
});

test.each([
  [[], 'EXPOSEs no TCP port: write 8080/x 200'],
  [[80, 443], 'EXPOSEs 80 and 443: write 80/x 200'],
])('a page without a port needs one EXPOSEd port, not %j', (ports, why) => {
  expect(planFor(image({ ports }), wishes({ 'smoke-http': '/x 200' }), true)).toEqual({
    problem: `smoke-http: "/x 200" names no port, and the image ${why}`,
  });
});

test('the start period of a HEALTHCHECK does not count', () => {
  expect(planFor(image({ health }), wishes({ 'smoke-timeout': '10' }), true)).toMatchObject({ timeout: 30 });
});

test('a port that only a base image EXPOSEs is no promise, unless it is asked for', () => {
  expect(planFor(image({ ports: [80] }), wishes({}), false)).toMatchObject({ portsPromised: false });
  expect(planFor(image({ ports: [80] }), wishes({ 'smoke-port': '80' }), false)).toMatchObject({ portsPromised: true });
});
