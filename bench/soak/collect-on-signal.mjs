// Loaded before an engine that runs with `--expose-gc`: collects at SIGUSR2, so that what is measured next is in use, and
// tells a parent that listens how much it is.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  // What the first collection has finished off, the second one finds.
  setImmediate(() => {
    globalThis.gc?.()
    process.send?.(process.memoryUsage())
  })
})
