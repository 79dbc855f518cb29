/** What browser and mobile SDKs ask a control plane for, so that they need no second host: no device-mode integrations. */
export const SDK_SETTINGS = {
  integrations: { 'Segment.io': {} },
  source: {
    id: 'facebook-audience-sync',
    name: 'facebook-audience-sync',
    writeKey: '',
    workspaceId: '',
    enabled: true,
    destinations: [],
    connections: [],
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    sourceDefinition: { name: 'Javascript' },
  },
}
