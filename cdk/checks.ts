import { Validations } from 'aws-cdk-lib'
import type { App } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'

/**
 * Makes synthesis fail when a resource breaks a rule of AWS's solutions or serverless pack and nobody has accepted
 * that.
 */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
}
