import { expect, test } from '@jest/globals';
import { shellCommands } from '../../src/dockerfile/commands.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { systemAction } from '../../src/lint/system-packages.ts';

const action = (text: string) => {
  const run = parseDockerfile(`FROM a\nRUN ${text}`, 'Dockerfile').dockerfile.instructions[1];
  const last = run && shellCommands(run).at(-1);
  return last ? systemAction(last) : null;
};

test.each([
  ['apt-get update -qq', 'apt', 'update', 'apt-get update', [], false],
  ['sudo apt-get -qq -y -o A=b install curl git', 'apt', 'install', 'apt-get install', ['curl', 'git'], false],
  ['apt full-upgrade -y', 'apt', 'install', 'apt full-upgrade', [], false],
  ['apt-get clean', 'apt', 'other', 'apt-get clean', [], false],
  ['xargs -a list apt-get install -y', 'apt', 'install', 'apt-get install', [], false],
  ['apk add --no-cache -t .deps gcc', 'apk', 'install', 'apk add', ['gcc'], true],
  ['apk --update add curl', 'apk', 'install', 'apk add', ['curl'], true],
  ['apk add curl', 'apk', 'install', 'apk add', ['curl'], false],
  ['microdnf install -y --setopt=a=b curl', 'dnf', 'install', 'microdnf install', ['curl'], true],
  ['yum -y update', 'yum', 'install', 'yum update', [], true],
  ['dnf makecache', 'dnf', 'update', 'dnf makecache', [], true],
  ['zypper --non-interactive in curl', 'zypper', 'install', 'zypper in', ['curl'], true],
  ['zypper ref', 'zypper', 'update', 'zypper ref', [], true],
])('%s', (text, manager, kind, label, packages, refreshes) => {
  expect(action(text)).toMatchObject({ manager, kind, label, packages, refreshes });
});

test.each(['pip install apt', 'echo apt-get update', 'xargs rm', 'dpkg -i a.deb'])('none: %s', (text) => {
  expect(action(text)).toBeNull();
});
