#!/usr/bin/env node
// The command `sluice-genesys-bot`. Committed as is, so that npm can link it before anything is built.
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  process.stderr.write(
    'The bot is not built yet. Run "npm run build" in the repository root first.\n',
  )
  process.exit(1)
}
