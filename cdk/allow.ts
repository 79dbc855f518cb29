import { Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IConstruct } from 'constructs'

/**
 * Grants exactly these actions. CDK's own `grant…` methods name some that the code never uses, and wildcards for KMS.
 */
export function allow(grantee: IGrantable, actions: readonly string[], ...resources: readonly string[]): void {
  grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }))
}

/** Accepts findings of cdk-nag for one resource. Each needs the reason why it is right here. */
export function acknowledge(resource: IConstruct, reasons: Readonly<Record<string, string>>): void {
  const rules = Object.entries(reasons).map(([id, reason]) => ({ id, reason }))
  Validations.of(resource).acknowledge(...rules)
}
