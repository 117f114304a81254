// A real Prometheus scrapes a gateway under load, and every query of the dashboard and the alerts returns a number.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { bearer, keyFile } from './key-file.ts'
import { reloadable } from './reloadable.ts'
import { alertConditions, dashboardQueries } from './shown-queries.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const UNPACKED = join(ROOT, 'node_modules/.cache/prometheus')

/** Where prometheus and promtool are: installed, or unpacked by the script that fetches Debian's package. */
function programs(): string | undefined {
  if (spawnSync('promtool', ['--version']).status === 0) return ''
  const folder = join(UNPACKED, 'usr/bin/')
  if (existsSync(join(folder, 'promtool'))) return folder
  const script = join(ROOT, 'deploy/fetch-prometheus.sh')
  const fetched = spawnSync(script, [UNPACKED], { timeout: 100_000, stdio: 'ignore' })
  return fetched.status === 0 ? folder : undefined
}

const folder = programs()
const WITHOUT =
  folder === undefined ? ' (skipped: no prometheus here and no Debian to fetch it from)' : ''

interface Answer {
  status: string
  data: { result: { value: [number, string] }[] }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A Prometheus that scrapes one admin listener each second, and waits as long for it; the result asks it. */
async function prometheusOf(adminPort: number): Promise<(query: string) => Promise<string[]>> {
  const home = temporaryFolder()
  const port = await freePort()
  const target = `{ job_name: sluice, static_configs: [{ targets: ['127.0.0.1:${adminPort}'] }] }`
  const config = join(home, 'prometheus.yml')
  writeFileSync(config, `global: { scrape_interval: 1s }\nscrape_configs: [${target}]\n`)
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${home}/data`]
  const listen = `--web.listen-address=127.0.0.1:${port}`
  const child = spawn(`${folder}prometheus`, [...args, listen], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return async (query) => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`
    const answer = (await (await fetch(url)).json()) as Answer
    expect(answer.status, query).toBe('success')
    return answer.data.result.map(({ value }) => value[1])
  }
}

describe.skipIf(folder === undefined)(`Prometheus${WITHOUT}`, () => {
  it('finds the alert rules and its configuration valid', () => {
    const promtool = `${folder}promtool`
    for (const args of [
      ['check', 'rules', 'alerts.yml'],
      ['check', 'config', 'prometheus.yml'],
    ]) {
      execFileSync(promtool, args, { cwd: join(ROOT, 'deploy'), stdio: 'pipe' })
    }
  })

  it('scrapes a gateway under load and answers what dashboard and alerts ask', async () => {
    const keys = keyFile()
    const { key } = await keys.create()
    const unlimited = {
      clientRequestsPerMinute: 0,
      addressRequestsPerMinute: 0,
      requestsPerMinute: 0,
    }
    const { gateway } = await reloadable(
      { adminPort: 0, keysFile: keys.path, audit: `${keys.path}.db`, ...unlimited },
      { rateLimitPerMinute: 100_000 },
    )
    const ask = await prometheusOf(gateway.adminPort)
    const client = await TutorialClient.connect(gateway.url, [], bearer(key))
    let round = 0
    const load = async () => {
      round += 1
      for (const model of ['sandbox-usage', 'sandbox-pii', 'sandbox-500-once', 'sandbox-403']) {
        await client.ask(model, `round ${round}`)
      }
      const stranger = await TutorialClient.connect(gateway.url, [], bearer('wrong'))
      await stranger.closed
    }
    const answersOf = async (query: string) => {
      const filled = query.replaceAll('$instance', '.+').replaceAll('$__rate_interval', '15s')
      return await ask(filled.replace(/\[(5|10)m\]/g, '[15s]'))
    }
    const scraped = async () =>
      (await ask('count_over_time(up{job="sluice"}[1m])').catch(() => []))[0]
    await until('it has looked several times', async () => {
      await load()
      return Number((await scraped()) ?? 0) >= 5
    })
    const conditions = alertConditions().map((expr) => expr.replace(/ (==|>) [\d.e]+$/, ''))
    for (const query of [...dashboardQueries(), ...conditions]) {
      const values = await answersOf(query)
      // Without TLS there is no certificate that could expire.
      const isEmpty = query.includes('certificate_expiry')
      expect(values.length > 0, query).toBe(!isEmpty)
      for (const value of values) expect(Number(value), query).toBeGreaterThanOrEqual(0)
    }
    expect(await ask('up{job="sluice"}')).toEqual(['1'])
    expect(Number((await ask('sum(sluice_requests_total)'))[0])).toBeGreaterThanOrEqual(4)
  })
})
