// The version, as package.json has it, and where the project is, as the README's example names it (a test compares them).

export const version = '0.1.0';
export const homepage = 'https://github.com/OWNER/cached-docker-build';
