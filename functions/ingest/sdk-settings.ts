/**
 * The settings that browser and mobile SDKs ask a control plane for: no device-mode integrations. So they need no
 * second host. Segment's SDKs send with the key written here, not with the one that they were loaded with.
 */
export const sdkSettings = (writeKey: string) => ({
  integrations: { 'Segment.io': { apiKey: writeKey } },
  source: {
    id: 'facebook-audience-sync',
    name: 'facebook-audience-sync',
    writeKey,
    workspaceId: '',
    enabled: true,
    destinations: [],
    connections: [],
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    sourceDefinition: { name: 'Javascript' },
  },
})
