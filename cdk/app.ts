import { App } from 'aws-cdk-lib'
import { addChecks } from './checks.ts'
import { SettingsError } from './settings.ts'
import { addStack } from './synthesise.ts'

const app = new App()
addChecks(app)
try {
  addStack(app, (app.node.tryGetContext('destinations') as unknown) ?? 'cdk/destinations.json')
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
