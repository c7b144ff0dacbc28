// The job's token: who may read and write which scope, as GitHub's runtime token says it in its `ac` claim.

export const READ = 1;
export const WRITE = 2;

/** One grant of the token, spelled as the claim spells it. Permission: 1 read, 2 write, 3 both. */
export interface Scope {
  Scope: string;
  Permission: number;
}

/** The grants that GitHub gives to a job, by what triggered it. */
export const grants = {
  /** A push: writes to its own ref, reads that and the default branch. */
  push: (ref: string, defaultRef = 'refs/heads/main'): Scope[] => [
    { Scope: ref, Permission: READ | WRITE },
    ...(ref === defaultRef ? [] : [{ Scope: defaultRef, Permission: READ }]),
  ],
  /** A pull request: writes to its merge ref only, reads that, its base and the default branch. */
  pullRequest: (number: number, base = 'refs/heads/main', defaultRef = 'refs/heads/main'): Scope[] => [
    { Scope: `refs/pull/${number}/merge`, Permission: READ | WRITE },
    { Scope: base, Permission: READ },
    ...(base === defaultRef ? [] : [{ Scope: defaultRef, Permission: READ }]),
  ],
  /** pull_request_target, issue_comment, … : reads the default branch, writes nothing. */
  untrusted: (defaultRef = 'refs/heads/main'): Scope[] => [{ Scope: defaultRef, Permission: READ }],
};

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export type BlobHost = 'azure' | 'loopback';

/** A made-up token. Its signature is none: the double believes every token. */
export function tokenOf(scopes: Scope[], blobHost: BlobHost, seconds = 6 * 3600): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { ac: JSON.stringify(scopes), nbf: now - 60, iat: now, exp: now + seconds, blobHost };
  return `${encoded({ typ: 'JWT', alg: 'RS256', kid: 'double' })}.${encoded(claims)}.bm8tc2lnbmF0dXJl`;
}

/** What an Authorization header grants, or undefined if there is no valid, unexpired token. */
export function tokenIn(authorization: string | undefined): { scopes: Scope[]; blobHost: BlobHost } | undefined {
  try {
    const payload = /^Bearer [^.]+\.([^.]+)\./.exec(authorization ?? '')?.[1] ?? '';
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return claims.exp * 1000 > Date.now()
      ? { scopes: JSON.parse(claims.ac), blobHost: claims.blobHost ?? 'loopback' }
      : undefined;
  } catch {
    return undefined;
  }
}
