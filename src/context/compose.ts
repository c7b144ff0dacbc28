// What compose files say of builds: which Dockerfile is built from which directory. Only the plain form is read, a line for
// `context:` and one for `dockerfile:`; a parser of YAML would be much for a hint.

/** A build of a compose file; paths as written, relative to the file and to the context. */
export interface ComposedBuild {
  context: string;
  dockerfile: string;
}

/** Whether a file of that name tells of services. */
export function isComposeFile(name: string): boolean {
  return /^(docker-)?compose\b.*\.ya?ml$/.test(name);
}

/** The builds in the text of a compose file; those with variables are left out. */
export function composedBuilds(text: string): ComposedBuild[] {
  const builds: ComposedBuild[] = [];
  let build: ComposedBuild | null = null;
  let depth = 0;
  for (const line of text.split('\n')) {
    const indentation = line.search(/[^ ]/);
    if (indentation < 0 || line[indentation] === '#' || line[indentation] === '\r') continue;
    if (build !== null && indentation < depth) build = null;
    const [, key, value = ''] = /^ *(context|dockerfile): +["']?([^"'\s]+)/.exec(line) ?? [];
    if (key === undefined || (build !== null && indentation > depth)) continue;
    if (build === null) {
      build = { context: '.', dockerfile: 'Dockerfile' };
      depth = indentation;
      builds.push(build);
    }
    build[key as keyof ComposedBuild] = value;
  }
  return builds.filter(({ context, dockerfile }) => !/\$|:\/\//.test(context + dockerfile));
}
