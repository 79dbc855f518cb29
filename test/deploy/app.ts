import { App, CfnOutput, CfnParameter, CfnResource, CliCredentialsStackSynthesizer, Fn } from 'aws-cdk-lib'
import type { IReusableStackSynthesizer } from 'aws-cdk-lib'
import { CfnRestApi } from 'aws-cdk-lib/aws-apigateway'
import { CfnPolicy } from 'aws-cdk-lib/aws-iam'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'
import { addStack } from '../../cdk/synthesise.ts'
import { BREAKAGES } from './breakages.ts'

// The stack as `cdk deploy` makes it, but for what MiniStack cannot do: alarms with metric math; TLS, which the policies
// of the queues demand; the roles that upload assets, whose condition (aws:ResourceAccount) it does not know. It holds
// roles to their policies, with two differences: `Ref` of a secret is its ARN at AWS and its name there, and the batch
// forms of SQS's calls need permissions of their own. The Graph API is an emulator, whose http:// address the setting refuses,
// and an API of MiniStack's answers at its own address: AwsUrl is known when it runs.
const LEFT_OUT = /^AWS::(?:CloudWatch::|SQS::QueuePolicy)/
const { GRAPH_API_URL = '', BROKEN = '' } = process.env
const synthesizer = new CliCredentialsStackSynthesizer() as IReusableStackSynthesizer
const app = new App({ defaultStackSynthesizer: synthesizer, builtinCloudFormationValidation: false })
const stack = addStack(app, app.node.getContext('destinations') as string)
BREAKAGES[BROKEN]?.(stack)
new CfnParameter(stack, 'AwsUrl')
stack.node.tryRemoveChild('DashboardUrl')
const addresses: Readonly<Record<string, string>> = {
  TrackUrl: Fn.sub('${AwsUrl}/restapis/${Api}/prod/_user_request_/', { Api: apiId() }),
  GraphApiUrl: GRAPH_API_URL,
}
for (const construct of stack.node.findAll()) {
  const address = addresses[construct.node.id]
  if (construct instanceof CfnOutput && address !== undefined) construct.value = address
  if (CfnResource.isCfnResource(construct) && LEFT_OUT.test(construct.cfnResourceType))
    construct.node.scope?.node.tryRemoveChild(construct.node.id)
  if (construct instanceof LambdaFunction && /Consumer|Health/.test(construct.node.path))
    construct.addEnvironment('GRAPH_API_URL', GRAPH_API_URL)
  if (construct instanceof CfnPolicy)
    construct.addPropertyOverride('PolicyDocument', asMiniStackReadsIt(stack.resolve(construct.policyDocument)))
}

function apiId(): string {
  const api = stack.node.findAll().find((construct) => construct instanceof CfnRestApi)
  if (!api) throw new RangeError('The stack has no REST API')
  return api.ref
}

function asMiniStackReadsIt(policy: unknown): unknown {
  const secrets = stack.node.findAll().filter((construct) => construct instanceof CfnSecret)
  const ids = secrets.map((secret) => stack.getLogicalId(secret))
  const text = JSON.stringify(policy)
    .replaceAll(/"sqs:(SendMessage|DeleteMessage|ChangeMessageVisibility)"/g, '["sqs:$1","sqs:$1Batch"]')
    .replaceAll(/\{"Ref":"(\w+)"\}/g, (ref, id: string) => (ids.includes(id) ? `{"Fn::GetAtt":["${id}","Id"]}` : ref))
  return JSON.parse(text, (key, value: unknown) => (key === 'Action' ? [value].flat(2) : value)) as unknown
}
