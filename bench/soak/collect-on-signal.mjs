// Loaded before an engine that runs with `--expose-gc`: collects at SIGUSR2, so that what is measured next is in use.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
})
