import { createHash } from 'node:crypto'
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

// worker writes sw.js, with the names of the files that the page for reports is made
// of: that page is to open without a line.
function worker(): Plugin {
  return {
    name: 'worker',
    generateBundle(_, bundle) {
      const files = new Set<string>()
      const take = (name: string) => {
        const c = bundle[name]
        if (!c || files.has('/' + name)) return
        files.add('/' + name)
        if (c.type !== 'chunk') return
        for (const css of (c as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? []) files.add('/' + css)
        c.imports.forEach(take)
      }
      for (const c of Object.values(bundle)) {
        if (c.type !== 'chunk') continue
        const of = c.facadeModuleId ?? ''
        if (c.isEntry || of.endsWith('/pages/report/Page.svelte') || /\/src\/(pages\/report\/)?messages\/\w+\.json$/.test(of)) take(c.fileName)
      }
      const list = ['/favicon.svg', '/look.js', '/manifest.webmanifest', ...[...files].sort()]
      const version = createHash('sha256').update(list.join()).digest('hex').slice(0, 12)
      const text = readFileSync(join(import.meta.dirname, 'sw.js'), 'utf8').replace('VERSION', version).replace('FILES', JSON.stringify(list))
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: text })
    },
  }
}

export default defineConfig({
  plugins: [svelte({ configFile: false }), licences(), worker()],
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
