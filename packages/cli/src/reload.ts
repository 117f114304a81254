/** What SIGHUP and a changed file do: the configuration is read again. */
import { watchFile } from 'node:fs'

/** Files are looked at this often; looking works on every file system, also on mounted secrets that are swapped. */
const LOOK_MS = 2_000

/**
 * Calls `reload` after SIGHUP and after a change of one of the files, until the process ends; calls that come while one
 * runs become one more. `reload` must not reject: a configuration that is wrong is no reason to end.
 */
export function onReload(
  paths: readonly (string | undefined)[],
  reload: () => Promise<void>,
): void {
  let isRunning = false
  let isWanted = false
  const run = async () => {
    isRunning = true
    while (isWanted) {
      isWanted = false
      await reload()
    }
    isRunning = false
  }
  const request = () => {
    isWanted = true
    if (!isRunning) void run()
  }
  process.on('SIGHUP', request)
  for (const path of paths) {
    if (path === undefined) continue
    watchFile(path, { interval: LOOK_MS, persistent: false }, (now, before) => {
      // The time of the last change is set by the system: a file that is put back with its old times is another one.
      if (now.ctimeMs !== before.ctimeMs || now.ino !== before.ino) request()
    })
  }
}
