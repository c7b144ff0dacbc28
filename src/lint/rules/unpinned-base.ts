// An image that FROM, COPY --from or a mount takes without a tag, or by the tag `latest`.
//
// Not flagged, on purpose:
// - Stages, scratch, names of build contexts, and images of this machine: none of them comes from a registry.
// - Names that hold a version: `dev-ubuntu-24.04`, `static-debian12`.
// - Other tags that move, such as `node:24`: they get fixes, and keep what the Dockerfile relies on.
// - Names with variables, where nothing is built: the build says which image that is.
import type { Dockerfile, Instruction, Range } from '../../dockerfile/dockerfile.ts';
import { findFlag, mounts } from '../../dockerfile/files.ts';
import { stageNamed } from '../../dockerfile/stages.ts';
import { globalScope, resolve } from '../../dockerfile/variables.ts';
import { words } from '../arguments.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';

export const unpinnedBase: Rule = {
  id: 'unpinned-base',
  severity: 'notice',
  summary: 'An image has no tag or the tag `latest`: it moves under the cache, and to other versions.',
  check,
};

/** A place that takes an image. */
interface Use {
  name: string;
  instruction: Instruction;
  range: Range;
}

function check({ dockerfile, job }: LintInput): RuleFinding[] {
  const scope = globalScope(dockerfile, job?.buildArgs);
  const byImage = new Map<string, Use[]>();
  for (const use of dockerfile.stages.flatMap((stage) => [
    ...(stage.base.kind === 'image' ? [fromOf(stage.from, stage.base.name)] : []),
    ...stage.instructions.flatMap((instruction) => sourceImages(dockerfile, instruction)),
  ])) {
    // Without a build nobody knows what stands in for a variable.
    if ((job?.builder ?? null) === null && use.name.includes('$')) continue;
    const name = resolve(use.name, scope, dockerfile.escape);
    if (name === null || name === '' || job?.buildContexts.includes(name) || isLocal(name) || isPinned(name)) continue;
    byImage.set(name, [...(byImage.get(name) ?? []), use]);
  }
  return [...byImage].flatMap(([name, uses]) => report(name, uses) ?? []);
}

function fromOf(instruction: Instruction, name: string): Use {
  return { name, instruction, range: instruction.words[0]?.range ?? instruction.range };
}

/** The images that COPY --from and mounts name. */
function sourceImages(dockerfile: Dockerfile, instruction: Instruction): Use[] {
  const flag = instruction.keyword === 'COPY' ? findFlag(instruction, 'from') : null;
  const named = [
    ...(flag?.value ? [{ name: flag.value, range: flag.range }] : []),
    ...mounts(instruction).flatMap(({ from, range }) => (from ? [{ name: from, range }] : [])),
  ];
  return named
    .filter(({ name }) => !/^\d+$/.test(name) && name !== 'scratch' && stageNamed(dockerfile, name) === null)
    .map((use) => ({ ...use, instruction }));
}

// Docker's official images that others are built on. Any other name without an owner is no image of a registry.
const OFFICIAL = words(
  'almalinux alpine amazoncorretto amazonlinux archlinux bash buildpack-deps busybox caddy cassandra centos clojure composer couchdb dart debian docker drupal eclipse-temurin elasticsearch elixir erlang fedora gcc ghost golang gradle groovy haproxy haskell hello-world httpd influxdb joomla jruby julia kibana kong logstash mariadb maven memcached mongo mono mysql nats neo4j nextcloud nginx node odoo openjdk opensuse oraclelinux perl photon php postgres pypy python r-base rabbitmq redis redmine registry rockylinux ros ruby rust sapmachine solr sonarqube spark swift telegraf tomcat traefik ubuntu varnish vault wordpress zookeeper',
);

/** An image of this machine, or a context of `docker buildx bake`. */
function isLocal(name: string): boolean {
  return !name.includes('/') && !OFFICIAL.has(name.replace(/[:@].*/, ''));
}

/** Whether the reference has a digest, a tag other than `latest`, or its version in its name (`static-debian12`). */
function isPinned(reference: string): boolean {
  if (reference.includes('@') || /\d[^/:]*(:latest)?$/.test(reference)) return true;
  const [, tag = 'latest'] = /:([^/:]*)$/.exec(reference) ?? [];
  return tag !== 'latest' || /^[a-z-]+:\/\//.test(reference);
}

function report(name: string, uses: readonly Use[]): RuleFinding | null {
  const [first, ...others] = uses;
  if (first === undefined) return null;
  const plain = name.replace(/:latest$/, '');
  const repeats =
    first.instruction.keyword === 'FROM'
      ? 'everything that is built on it runs again'
      : 'what is taken from it changes, and what stands below runs again';
  return {
    range: first.range,
    confidence: 'high',
    message: `\`${name}\` ${name === plain ? 'names no version: it is' : 'is'} the newest one of the day. When it moves, ${repeats}, on another version than was tested.`,
    remedy: `Name the version, as in \`${plain}:<version>\`, or the digest that \`docker buildx imagetools inspect ${name}\` shows, as in \`${plain}@sha256:<digest>\`.`,
    related: others.map(({ range }) => ({ range, message: 'the same image' })),
  };
}
