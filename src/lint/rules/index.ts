// The list of rules. Each has a file, a page and a folder of examples of its name; docs/rules.md is made from it.
import type { Rule } from '../lint.ts';
import { alwaysRebuilt } from './always-rebuilt.ts';
import { bindWholeContext } from './bind-whole-context.ts';
import { cacheMountMissing } from './cache-mount-missing.ts';
import { contextTooBroad } from './context-too-broad.ts';
import { copyBeforeInstall } from './copy-before-install.ts';
import { copyThenChown } from './copy-then-chown.ts';
import { downloadCachedForever } from './download-cached-forever.ts';
import { lockfileNotCopied } from './lockfile-not-copied.ts';
import { notAComment } from './not-a-comment.ts';
import { orderForClassicBuilder } from './order-for-classic-builder.ts';
import { packageIndexCachedAlone } from './package-index-cached-alone.ts';
import { remoteAdd } from './remote-add.ts';
import { systemPackagesAfterCopy } from './system-packages-after-copy.ts';
import { unpinnedBase } from './unpinned-base.ts';
import { variableDeclaredEarly } from './variable-declared-early.ts';
import { volatileFilesCopiedEarly } from './volatile-files-copied-early.ts';
import { volatileVariableBeforeRun } from './volatile-variable-before-run.ts';
import { wholeStageCopied } from './whole-stage-copied.ts';

export const RULES: readonly Rule[] = [
  copyBeforeInstall,
  systemPackagesAfterCopy,
  volatileFilesCopiedEarly,
  contextTooBroad,
  packageIndexCachedAlone,
  volatileVariableBeforeRun,
  variableDeclaredEarly,
  unpinnedBase,
  remoteAdd,
  downloadCachedForever,
  alwaysRebuilt,
  copyThenChown,
  wholeStageCopied,
  bindWholeContext,
  notAComment,
  cacheMountMissing,
  lockfileNotCopied,
  orderForClassicBuilder,
];
