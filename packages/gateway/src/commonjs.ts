/**
 * Packages that are CommonJS, required and not imported: Node.js reads one that is imported twice, the first time to find
 * its names, and that costs more than the package. A required package has to be one that Node.js has no other form of.
 */
import { createRequire } from 'node:module'

export const require = createRequire(import.meta.url)
