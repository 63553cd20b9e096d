import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'

// The server that answers while one works on the pages: truce demo --no-browser.
const server = process.env.TRUCE_SERVER ?? 'http://127.0.0.1:8080'

// licences writes the notices of the packages that are built in beside the files.
function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      const of = new Set<string>()
      for (const id of this.getModuleIds()) {
        const m = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)
        if (m) of.add(m[1]!)
      }
      const text = [...of].sort().map((name) => {
        const dir = join(import.meta.dirname, 'node_modules', name)
        const p = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
        const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f))
        return `${name} ${p.version} (${p.license})\n\n${file ? readFileSync(join(dir, file), 'utf8').trim() : ''}\n`
      })
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: text.join('\n----\n\n') })
    },
  }
}

export default defineConfig({
  plugins: [svelte({ configFile: false }), licences()],
  build: {
    outDir: process.env.CONSOLE_OUT ?? '../internal/console/dist',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing may be inlined as a data address or a script: the policy of the
    // server allows files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': server, '/log': server, '/map': server, '/healthz': server } },
})
