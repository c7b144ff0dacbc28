// COPY of the source above an install that needs only its manifests.
//
// Not flagged, on purpose:
// - COPY --from: it is keyed by the files that it takes out of a stage, and those are no source.
// - COPY of single files, of heredocs, with --exclude or --parents: narrow, or too hard to tell.
// - A directory that may be what the install reads: one whose name does not say that it is source, unless the manifests
//   lie in it.
// - Installs from local paths, of chosen workspaces (-w) or with computed arguments: they read files that nobody can name.
// - Manifests that name a local path or a script of the project: those need the source.
// - An install behind a command that may have prepared it (`./configure && npm ci`): above the COPY it would fail.
// - A second install of the same manifests (`npm ci --omit=dev` behind the build): the first is the expensive one.
// - A build that fetches what it needs (`go build`, `mvn package`): it needs the source as well.
import { breaksSystemOnly, culpritsOf, isMount, reportCulprit } from '../culprits.ts';
import type { Rule } from '../lint.ts';

export const copyBeforeInstall: Rule = {
  id: 'copy-before-install',
  severity: 'warning',
  summary: 'The source is copied above an install that needs only its manifests, so every change installs again.',
  check(input) {
    const all = culpritsOf(input);
    return all
      .filter((culprit) => !isMount(culprit) && !breaksSystemOnly(culprit))
      .map((culprit) => reportCulprit(culprit, all, input));
  },
};
