// What the bundle holds: one file for the ways in (main.ts, post.ts, cli.ts) and for the two processes that those start
// (transfer.ts, saver.ts), which stay as they are beside it.

export { cleanUp, runAction } from './action.ts';
export { runCommand } from './command.ts';
export { serveTransfers } from './host/transfer.ts';
export { runSaver } from './saving.ts';
