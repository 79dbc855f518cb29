import { App } from 'aws-cdk-lib'
import { SettingsError, addStack } from './synthesise.ts'

const app = new App()
try {
  addStack(app, (app.node.tryGetContext('destinations') as string | undefined) ?? 'cdk/destinations.json')
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
