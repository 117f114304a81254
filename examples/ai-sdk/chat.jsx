// A chat with `useChat` of the AI SDK. How it reaches a model is the matter of its transport.
import { useChat } from '@ai-sdk/react'
import { useState } from 'react'

export function Chat({ transport }) {
  const { messages, sendMessage, status, stop, error } = useChat({ transport })
  const [prompt, setPrompt] = useState('Where is my order?')
  const ask = (event) => {
    event.preventDefault()
    sendMessage({ text: prompt })
  }
  return (
    <main>
      {messages.map(({ id, role, parts }) => (
        <p key={id} className={role}>
          {parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}
        </p>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={ask}>
        <input value={prompt} onChange={(event) => setPrompt(event.target.value)} />
        {status === 'ready' || status === 'error' ? (
          <button type="submit">Ask</button>
        ) : (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
      </form>
    </main>
  )
}
