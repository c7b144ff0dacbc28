import { expect, test } from '@jest/globals';
import { placeOf, readListeners } from '../../src/smoke/sockets.ts';

const row = (at: number, local: string, state = '0A') =>
  `   ${at}: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 125914 1 0 100 0 0 10 0\n`;

// As a kernel prints them, on a little-endian machine.
test.each([
  ['00000000:1F90', '0.0.0.0:8080', false],
  ['0100007F:0050', '127.0.0.1:80', true],
  ['0B00007F:B2C1', '127.0.0.11:45761', true],
  ['0220AA0A:1F90', '10.170.32.2:8080', false],
  ['00000000000000000000000000000000:1F90', '[::]:8080', false],
  ['00000000000000000000000001000000:1F90', '[::1]:8080', true],
  ['0000000000000000FFFF00000100007F:1F90', '[::ffff:127.0.0.1]:8080', true],
  ['B80D0120000000000000000001000000:01BB', '[2001:db8::1]:443', false],
])('%s is %s', (local, place, loopback) => {
  const found = readListeners(`  sl  local_address rem_address   st\n${row(0, local)}`);
  expect(found.map((listener) => [placeOf(listener), listener.loopback])).toEqual([[place, loopback]]);
});

test('connections are no listeners, and rows may have any number', () => {
  expect(readListeners(row(0, '0100007F:0050', '01') + row(1234, '00000000:0051'))).toMatchObject([{ port: 81 }]);
});
