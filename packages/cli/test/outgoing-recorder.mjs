// Preloaded into a process of the test: appends every connection and look-up that it begins to the file OUTGOING names.
import dgram from 'node:dgram'
import dns from 'node:dns'
import { appendFileSync } from 'node:fs'
import net from 'node:net'

/** @param {string} what */
const note = (what) => appendFileSync(process.env.OUTGOING ?? '/dev/null', `${what}\n`)

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  const { host, port, path } =
    typeof first === 'object'
      ? first
      : { host: typeof second === 'string' ? second : undefined, port: first }
  note(path === undefined || path === null ? `tcp ${host ?? 'localhost'}:${port}` : `pipe ${path}`)
  return connect.apply(this, args)
}

const send = dgram.Socket.prototype.send
dgram.Socket.prototype.send = function (...args) {
  note('udp')
  return send.apply(this, args)
}

for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveTxt', 'resolveSrv']) {
  for (const owner of [dns, dns.promises]) {
    const original = owner[name]
    owner[name] = (host, ...rest) => {
      if (net.isIP(host) === 0) note(`name ${host}`)
      return original.call(owner, host, ...rest)
    }
  }
}
