// The page of ai-sdk/ in a document of happy-dom, with both of its transports, and the server beside it.
import { connect } from '@sluice/client'
import { SluiceChatTransport } from '@sluice/client/ai'
import { type ChatTransport, DefaultChatTransport, type UIMessage } from 'ai'
import { Window } from 'happy-dom'
import { createElement, type FunctionComponent } from 'react'
import type { Container } from 'react-dom/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { gatewayOnSandbox, network, printing, runNode } from './running.ts'

type Transport = ChatTransport<UIMessage>

/** The page's component; it has no types. */
const page = '../ai-sdk/chat.jsx'
const { Chat } = (await import(page)) as { Chat: FunctionComponent<{ transport: Transport }> }

// React looks for these when it is loaded.
const window = new Window()
const { document, navigator } = window
for (const [name, value] of Object.entries({ window, document, navigator })) {
  Object.defineProperty(globalThis, name, { value })
}
const { createRoot } = await import('react-dom/client')

/** The page in a document: what it shows, and its button. */
function open(transport: Transport) {
  const place = document.createElement('div')
  document.body.append(place)
  const root = createRoot(place as unknown as Container)
  onTestFinished(() => {
    root.unmount()
    place.remove()
  })
  root.render(createElement(Chat, { transport }))
  const button = () => place.querySelector('button')
  return {
    answer: () => place.querySelector('.assistant')?.textContent ?? '',
    button,
    press: async (label: string) => {
      await expect.poll(() => button()?.textContent).toBe(label)
      button()?.click()
    },
  }
}

function overWebSocket(url: string, modelId: string): Transport {
  const client = connect({ url, WebSocket, reconnect: { minMs: 10, maxMs: 50 } })
  onTestFinished(() => client.close())
  return new SluiceChatTransport({ client, modelId })
}

/** The server of the example, and the page's way through it. */
async function throughServer(
  gatewayUrl: string,
  model: string,
): Promise<{ url: string; transport: Transport }> {
  const server = runNode(['ai-sdk/server.mjs'], {
    GATEWAY_URL: gatewayUrl,
    MODEL: model,
    PORT: '0',
  })
  const [, url = ''] = await printing(server, /Open (http:\S+)/)
  return { url, transport: new DefaultChatTransport({ api: `${url}api/chat` }) }
}

describe('the page of ai-sdk/', () => {
  it('shows the whole answer over a WebSocket, although its connection breaks', async () => {
    const { gateway } = await gatewayOnSandbox({ deltaIntervalMs: 10 })
    const { url, cut, connections } = await network(gateway.url)
    const { answer, press } = open(overWebSocket(url, 'sandbox-default'))
    await press('Ask')
    await expect.poll(answer).toContain('Thank you')
    cut()
    await expect.poll(answer).toMatch(/^Thank you .* letter box\.$/)
    expect(connections()).toBeGreaterThan(1)
  })

  it('stops the model', async () => {
    const { gateway, sandbox } = await gatewayOnSandbox()
    const { answer, press } = open(overWebSocket(gateway.url, 'sandbox-stall-mid-stream'))
    await press('Ask')
    await expect.poll(answer).not.toBe('')
    await press('Stop')
    await expect.poll(() => sandbox.stats().openStreams).toBe(0)
  })

  it('shows the whole answer through the server of its own', async () => {
    const { gateway } = await gatewayOnSandbox()
    const { transport } = await throughServer(gateway.url, 'sandbox-default')
    const { answer, press } = open(transport)
    await press('Ask')
    await expect.poll(answer).toMatch(/^Thank you .* letter box\.$/)
  })
})

describe('the server of ai-sdk/', () => {
  it('serves the page, says where the gateway is, and refuses what is no chat', async () => {
    const { gateway } = await gatewayOnSandbox()
    const { url } = await throughServer(gateway.url, 'sandbox-default')
    const get = (path: string) => fetch(url + path)
    expect(await (await get('')).text()).toContain('main.jsx')
    expect(await (await get('chat.jsx')).text()).toContain('useChat')
    expect(await (await get('settings')).json()).toEqual({
      gatewayUrl: gateway.url,
      model: 'sandbox-default',
    })
    expect((await fetch(`${url}api/chat`, { method: 'POST', body: '{' })).status).toBe(400)
  })

  it('stops the model when the page leaves', async () => {
    const { gateway, sandbox } = await gatewayOnSandbox()
    const { transport } = await throughServer(gateway.url, 'sandbox-stall-mid-stream')
    const { answer, press } = open(transport)
    await press('Ask')
    await expect.poll(answer).not.toBe('')
    await press('Stop')
    await expect.poll(() => sandbox.stats().openStreams).toBe(0)
  })
})
