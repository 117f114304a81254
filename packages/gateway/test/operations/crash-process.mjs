// A gateway whose host program has a defect: started by crash.test.ts, which lets it throw by SIGUSR2.
import { createGateway, createLogger } from '@sluice/gateway'
import { onCrash } from '../../../cli/dist/crash.js'

const [url, audit, what] = process.argv.slice(2)
const logger = createLogger('info')
const gateway = await createGateway({
  genesysBaseUrl: url,
  clientId: 'sandbox-client',
  clientSecret: 'sandbox-secret',
  port: 0,
  adminPort: 'off',
  audit,
  logger,
})
onCrash({ logger, flush: () => gateway.stop() })

process.on('SIGUSR2', () => {
  const defect = new Error('the prompt was: my card is 4111 1111 1111 1111')
  if (what === 'reject') void Promise.reject(defect)
  else throw defect
})
