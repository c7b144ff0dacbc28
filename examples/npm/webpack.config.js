export default {
  mode: 'production',
  entry: './client/main.js',
  output: { path: new URL('dist/public', import.meta.url).pathname, filename: 'main.js' },
};
