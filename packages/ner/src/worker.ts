/** A worker thread with a model of its own: takes texts one by one, answers with their spans. */
import { parentPort, workerData } from 'node:worker_threads'
import { Model, type ModelOptions } from './model.ts'
import type { WorkerAnswer, WorkerTask } from './worker-messages.ts'

const port = parentPort
if (port === null) throw new Error('this file is for a worker thread')

const answer = (message: WorkerAnswer) => port.postMessage(message)
const loading = Model.load(workerData as ModelOptions)
loading.then(
  () => answer({ kind: 'ready' }),
  (error: Error) => answer({ kind: 'unusable', message: error.message }),
)

port.on('message', async ({ id, text }: WorkerTask) => {
  try {
    answer({ kind: 'spans', id, spans: await (await loading).spans(text) })
  } catch {
    // What the failure says might quote the text.
    answer({ kind: 'failed', id })
  }
})
