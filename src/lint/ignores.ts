// `# cached-docker-build ignore=RULE[,RULE] reason` above an instruction: what it silences, and what is wrong with it.
import type { Dockerfile, Range } from '../dockerfile/dockerfile.ts';
import { nearest } from '../nearest.ts';
import type { RuleFinding } from './lint.ts';

/** One rule that a comment names. */
interface Ignore {
  rule: string;
  comment: Range;
  /** The instruction that the comment stands above; null if it stands above none. */
  covers: Range | null;
  used: boolean;
}

/** The ignores of a file. What they silence is asked for first, what is wrong with them last. */
export class Ignores {
  private readonly ignores: Ignore[];

  constructor({ instructions, comments }: Dockerfile) {
    const covered = new Map(
      instructions.flatMap(({ range, comments: above }) => above.map((comment) => [comment, range])),
    );
    this.ignores = comments.flatMap((comment) => {
      const [, rules] = /^cached-docker-build\s+ignore=(\S+)/.exec(comment.text) ?? [];
      const covers = covered.get(comment) ?? null;
      return rules?.split(',').map((rule) => ({ rule, comment: comment.range, covers, used: false })) ?? [];
    });
  }

  /** Whether a comment silences the rule for what begins at the range's start. */
  silences(rule: string, { start }: Range): boolean {
    const matching = this.ignores.filter(
      ({ rule: named, covers }) =>
        named === rule && covers !== null && covers.start.line <= start.line && start.line <= covers.end.line,
    );
    for (const ignore of matching) ignore.used = true;
    return matching.length > 0;
  }

  /**
   * A name that is no rule, and an ignore that silenced nothing.
   * @param known the ids that may be named
   * @param judged those of them whose rules ran: the others might have found something
   */
  problems(known: readonly string[], judged: readonly string[]): RuleFinding[] {
    return this.ignores.flatMap(({ rule, comment, covers, used }): RuleFinding[] => {
      const finding: Omit<RuleFinding, 'message' | 'remedy'> = { range: comment, confidence: 'high', related: [] };
      if (!known.includes(rule)) {
        const meant = nearest(rule, known);
        const remedy = meant === null ? `Name one of ${known.join(', ')}.` : `Write \`ignore=${meant}\`.`;
        return [
          { ...finding, message: `This comment ignores \`${rule}\`, and there is no rule of that name.`, remedy },
        ];
      }
      if (covers === null) {
        const message = `This comment ignores \`${rule}\`, but stands directly above no instruction.`;
        return [
          { ...finding, message, remedy: 'Put it on the line above the instruction, without an empty line between.' },
        ];
      }
      if (used || !judged.includes(rule)) return [];
      const message = `This comment ignores \`${rule}\`, which finds nothing in the instruction below.`;
      return [{ ...finding, message, remedy: 'Remove it, so that it does not hide what comes later.' }];
    });
  }
}
