// What the bundle holds: one file for the three ways in (main.ts, post.ts, cli.ts), which stay as they are beside it.

export { cleanUp, runAction } from './action.ts';
export { runCommand } from './command.ts';
