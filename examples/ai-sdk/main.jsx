// The page: a chat that reaches the gateway over a WebSocket, or with `?via=server` through a server of one's own.
import { connect } from '@sluice/client'
import { SluiceChatTransport } from '@sluice/client/ai'
import { DefaultChatTransport } from 'ai'
import { createRoot } from 'react-dom/client'
import { Chat } from './chat.jsx'

/** Over a WebSocket an answer survives lost connections and a page that is loaded again. */
async function overWebSocket() {
  const { gatewayUrl, model } = await (await fetch('/settings')).json()
  return new SluiceChatTransport({ client: connect({ url: gatewayUrl }), modelId: model })
}

const isViaServer = new URLSearchParams(location.search).get('via') === 'server'
const transport = isViaServer
  ? new DefaultChatTransport({ api: '/api/chat' })
  : await overWebSocket()
createRoot(document.querySelector('#root')).render(<Chat transport={transport} />)
