import { Stack } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'
import { acknowledge } from './allow.ts'

/** A topic that mails alarms to somebody. Alarms name queues, functions and destinations, and hold no personal data. */
export function alarmTopic(scope: Construct, id: string, email: string): Topic {
  const topic = new Topic(scope, id, { displayName: 'facebook-audience-sync', enforceSSL: true })
  // This policy replaces the default one, which lets alarms of the account publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  const subscription = topic.addSubscription(new EmailSubscription(email))
  acknowledge(subscription, { 'Serverless-SNSRedrivePolicy': 'An alarm that cannot be mailed is of no use later.' })
  return topic
}
