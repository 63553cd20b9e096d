// The policy of the server lets no text become a script or markup. Two libraries
// hand texts to such places all the same: MapLibre starts its worker by address.
// Addresses of our own files pass, and the page for reports starts a worker of its
// own; all else is refused.
interface TrustedPolicies {
  createPolicy(name: string, rules: { createScriptURL?(s: string): string; createHTML?(s: string): string; createScript?(s: string): string }): unknown
}
const trusted = (window as unknown as { trustedTypes?: TrustedPolicies }).trustedTypes
trusted?.createPolicy('default', {
  createScriptURL(s) {
    const at = new URL(s, location.href)
    if (at.origin === location.origin && (at.pathname.startsWith('/assets/') || at.pathname === '/sw.js')) return at.href
    throw new TypeError('not a script of this server: ' + at.origin)
  },
})
export {}
