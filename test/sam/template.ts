import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

// SAM CLI takes the deployed template but for four things: it drops variables that the template does not declare, so
// AWS_ENDPOINT_URL of environment.json would never arrive; it runs arm64 images, which x86 machines only emulate; it does
// not know the binary media types of an API, so each method must say that bodies are bytes; and it complains of CDK's
// paths. This writes a copy with these changed, and without what SAM does not run.

type Resource = { Type: string; Properties: Record<string, unknown>; Metadata?: Record<string, unknown> }
type Template = { Resources: Record<string, Resource> }

/** The functions and the API of a synthesised template, for SAM CLI on a machine of this architecture. */
export function samTemplate({ Resources }: Template, architecture: 'arm64' | 'x86_64'): Template {
  const kept = Object.entries(Resources).filter(([, { Type }]) => /^AWS::(Lambda::Function|ApiGateway::)/.test(Type))
  return { Resources: Object.fromEntries(kept.map(([id, resource]) => [id, forSam(resource, architecture)])) }
}

function forSam({ Metadata = {}, ...resource }: Resource, architecture: string): Resource {
  const { 'aws:cdk:path': _, ...metadata } = Metadata
  const kept = { ...resource, ...(Object.keys(metadata).length > 0 && { Metadata: metadata }) }
  const { Properties } = resource
  if (resource.Type === 'AWS::ApiGateway::Method') {
    const bytes = { ContentHandling: 'CONVERT_TO_BINARY', ContentType: '*/*' }
    return { ...kept, Properties: { ...Properties, Integration: { ...(Properties.Integration as object), ...bytes } } }
  }
  if (resource.Type !== 'AWS::Lambda::Function') return kept
  const { Variables } = Properties.Environment as { Variables: Record<string, unknown> }
  const Environment = { Variables: { ...Variables, AWS_ENDPOINT_URL: '' } }
  return { ...kept, Properties: { ...Properties, Architectures: [architecture], Environment } }
}

if (process.argv[1] === import.meta.filename) {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [from = 'cdk.out/FacebookAudienceSync.template.json', to = 'cdk.out/sam.template.json'] = positionals
  const template = samTemplate(
    JSON.parse(readFileSync(from, 'utf8')) as Template,
    process.arch === 'arm64' ? 'arm64' : 'x86_64',
  )
  writeFileSync(to, JSON.stringify(template, null, 2))
}
