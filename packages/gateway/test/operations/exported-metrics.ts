/** What a gateway's admin listener exports: every sample with its labels, from Prometheus' text format. */
import { replyTo } from './http-reply.ts'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export async function samplesOf(gateway: { readonly adminPort: number }): Promise<Sample[]> {
  const { body } = await replyTo(`http://127.0.0.1:${gateway.adminPort}`, { path: '/metrics' })
  return body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(sampleOf)
}

/** The sum over the samples of a name whose labels are these, others whatever they are. */
export function sumOf(samples: readonly Sample[], name: string, labels: object = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    .reduce((sum, { value }) => sum + value, 0)
}

function sampleOf(line: string): Sample {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
    value: Number(value),
  }
}
